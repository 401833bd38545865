"""The peers of peers.py: one model trained in python3-torch, fed and updated in different ways, and by pythae's trainer.

    python3 in_python.py KIND MODEL START SEED EPOCHS FOLDER [FOLDER of pythae]

MODEL is one of models below; START "pytorch", what torch.nn layers begin with, or "glorot": Glorot's weights and the output's bias at the
data's marginal. FOLDER has the four files of MNIST or Fashion-MNIST, or of a part of them, unpacked.

Prints images per second of training, the test elbo, and the BLAS that was loaded. Each runs in a process of its own.
"""
import pathlib
import sys
import tempfile
import time

import torch

BATCH = 100


def pixels(data, name):
    return torch.frombuffer(bytearray((data / f"{name}-images-idx3-ubyte").read_bytes()[16:]), dtype=torch.uint8).view(-1, 784)


class Model:
    """Hidden units on the encoder's side, and on the decoder's in reverse; what the likelihood scores."""

    def __init__(self, hidden, latents, activation, gaussian=False):
        self.hidden, self.latents, self.activation, self.gaussian = hidden, latents, activation, gaussian


models = {"tanh": Model([500], 20, torch.nn.Tanh), "relu": Model([256, 256], 128, torch.nn.ReLU),
          "gaussian": Model([500], 20, torch.nn.Tanh, gaussian=True)}


def layers(sizes, activation):
    return torch.nn.Sequential(*(part for a, b in zip(sizes, sizes[1:]) for part in (torch.nn.Linear(a, b), activation())))


class Encoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.body = layers([784, *model.hidden], model.activation)
        self.mean, self.log_scale = (torch.nn.Linear(model.hidden[-1], model.latents) for _ in range(2))

    def forward(self, x):
        h = self.body(x)
        return self.mean(h), self.log_scale(h)


class Decoder(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        hidden = model.hidden[::-1]
        self.body = layers([model.latents, *hidden], model.activation)
        self.out = torch.nn.Linear(hidden[-1], 784)

    def forward(self, z):
        return self.out(self.body(z))


class Vae(torch.nn.Module):
    """Bernoulli on binary images, or a Gaussian of one learned scale on values in [0, 1]."""

    def __init__(self, model):
        super().__init__()
        self.encoder, self.decoder = Encoder(model), Decoder(model)
        self.noise = torch.nn.Parameter(torch.zeros(())) if model.gaussian else None

    def wrong(self, z, x):
        out = self.decoder(z)
        if self.noise is None:
            return torch.nn.functional.binary_cross_entropy_with_logits(out, x, reduction="sum")
        return -torch.distributions.Normal(out, self.noise.exp(), validate_args=False).log_prob(x).sum()

    def loss(self, x):
        mean, log_scale = self.encoder(x)
        z = mean + log_scale.exp() * torch.randn_like(mean)
        kl = 0.5 * ((2 * log_scale).expm1() - 2 * log_scale + mean.square()).sum()
        return (self.wrong(z, x) + kl) / x.size(0)


class Textbook(Vae):
    """The loss as the example in PyTorch's own repository writes it: of probabilities and log-variances."""

    def wrong(self, z, x):
        if self.noise is not None:
            return super().wrong(z, x)
        return torch.nn.functional.binary_cross_entropy(torch.sigmoid(self.decoder(z)), x, reduction="sum")

    def loss(self, x):
        mean, log_variance = self.encoder(x)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
        return (self.wrong(z, x) + kl) / x.size(0)


def start_at_the_marginal(model, x):
    """Glorot's weights and the output's bias where the likelihood fits the data best without latents."""
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear):
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    mean = x.float().mean(0) / 255
    with torch.no_grad():
        model.decoder.out.bias.copy_(mean.clamp(0.001, 0.999).logit() if model.noise is None else mean)
        if model.noise is not None:
            model.noise.copy_((x.float() / 255 - mean).square().mean().sqrt().log())


class FlatAdam:
    """Adam by hand on one flat tensor: six operations for all parameters."""

    def __init__(self, model):
        parameters = list(model.parameters())
        self.flat = torch.cat([p.detach().flatten() for p in parameters])
        self.gradient = torch.zeros_like(self.flat)
        at = 0
        for p in parameters:
            p.data, p.grad = (t[at: at + p.numel()].view_as(p) for t in (self.flat, self.gradient))
            at += p.numel()
        self.first, self.second, self.steps = torch.zeros_like(self.flat), torch.zeros_like(self.flat), 0

    def zero_grad(self):
        self.gradient.zero_()

    def step(self):
        self.steps += 1
        self.first.lerp_(self.gradient, 0.1)
        self.second.mul_(0.999).addcmul_(self.gradient, self.gradient, value=0.001)
        root = self.second.sqrt().div_((1 - 0.999**self.steps) ** 0.5).add_(1e-8)
        self.flat.addcdiv_(self.first, root, value=-1e-3 / (1 - 0.9**self.steps))


def shown(scaled, gaussian):
    """An image as the likelihood sees it, drawn anew at each showing: binary, or its levels spread over [0, 1]."""
    return (scaled * 255 + torch.rand_like(scaled)) / 256 if gaussian else torch.bernoulli(scaled)


def textbook_batches(data, folder, gaussian):
    """As tutorials have it: torchvision's data set, ToTensor, a shuffled DataLoader."""
    import torchvision
    raw = pathlib.Path(folder, "MNIST", "raw")
    raw.mkdir(parents=True)
    for file in data.glob("*-ubyte"):
        (raw / file.name).symlink_to(file)
    whole = torchvision.datasets.MNIST(folder, train=True, transform=torchvision.transforms.ToTensor())
    loader = torch.utils.data.DataLoader(whole, batch_size=BATCH, shuffle=True)
    return lambda: (shown(images.view(-1, 784), gaussian) for images, _ in loader)


def dataset_batches(x, gaussian):
    """Scaled images in memory, as a TensorDataset under a shuffled DataLoader."""
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x.float() / 255), batch_size=BATCH, shuffle=True)
    return lambda: (shown(images, gaussian) for images, in loader)


def tuned_batches(x, gaussian):
    """By hand: everything in memory, one gather a batch."""
    scaled = x.float() / 255

    def epoch():
        order = torch.randperm(x.size(0))
        for first in range(0, x.size(0), BATCH):
            yield shown(scaled.index_select(0, order[first: first + BATCH]), gaussian)

    return epoch


def train(kind, model, x, epochs, data, folder):
    """Seconds of a training loop of one's own."""
    gaussian = model.noise is not None
    batches = (textbook_batches(data, folder, gaussian) if kind == "textbook" else
               dataset_batches(x, gaussian) if kind == "dataset" else tuned_batches(x, gaussian))
    optimizer = FlatAdam(model) if kind == "flat" else torch.optim.Adam(model.parameters(), 1e-3)
    begin = time.perf_counter()
    for _ in range(epochs):
        total = 0
        for batch in batches():
            optimizer.zero_grad()
            loss = model.loss(batch)
            loss.backward()
            optimizer.step()
            if kind == "textbook":
                total += loss.item()
    return time.perf_counter() - begin


def train_by_pythae(model, latents, x, epochs, folder, pythae):
    """Seconds of pythae's trainer from the first epoch's begin to the last one's end."""
    sys.path.insert(0, str(pathlib.Path(pythae, "src")))
    from pythae.data.datasets import BaseDataset, DatasetOutput
    from pythae.models import VAE, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from pythae.trainers import BaseTrainer, BaseTrainerConfig
    from pythae.trainers.training_callbacks import TrainingCallback

    class Drawn(BaseDataset):
        def __getitem__(self, index):
            return DatasetOutput(data=torch.bernoulli(self.data[index]), labels=self.labels[index])

    class Outer(BaseEncoder):
        def __init__(self):
            super().__init__()
            self.inner = model.encoder

        def forward(self, x):
            mean, log_scale = self.inner(x)
            return ModelOutput(embedding=mean, log_covariance=2 * log_scale)

    class Inner(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.inner = model.decoder

        def forward(self, z):
            return ModelOutput(reconstruction=self.inner(z).sigmoid())

    times = []

    class Clock(TrainingCallback):
        def on_epoch_begin(self, training_config, **_):
            times.append(time.perf_counter())

        def on_epoch_end(self, training_config, **_):
            times.append(time.perf_counter())

    vae = VAE(VAEConfig(input_dim=(784,), latent_dim=latents, reconstruction_loss="bce"), Outer(), Inner())
    settings = BaseTrainerConfig(output_dir=folder, num_epochs=epochs, learning_rate=1e-3, per_device_train_batch_size=BATCH,
                                 no_cuda=True)
    BaseTrainer(vae, Drawn(x.float() / 255, torch.zeros(x.size(0))), None, settings, callbacks=[Clock()]).train()
    return times[-1] - times[0]


def loaded_blas():
    files = {pathlib.Path(line.split()[-1]).name for line in pathlib.Path("/proc/self/maps").read_text().splitlines()}
    return ", ".join(sorted(name for name in files if name.startswith("lib") and "blas" in name)) or "none"


def main(kind, name, start, seed, epochs, data, pythae=None):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    x, test = pixels(data, "train"), pixels(data, "t10k")
    model = (Textbook if kind == "textbook" else Vae)(models[name])
    if start == "glorot":
        start_at_the_marginal(model, x)
    with tempfile.TemporaryDirectory() as folder:
        seconds = (train_by_pythae(model, models[name].latents, x, epochs, folder, pythae) if kind == "pythae" else
                   train(kind, model, x, epochs, data, folder))
    with torch.no_grad():
        elbo = -model.loss(shown(test.float() / 255, model.noise is not None)).item()
    print(x.size(0) * epochs / seconds, elbo, loaded_blas(), sep="\t")


kind, name, start, seed, epochs, data, *pythae = sys.argv[1:]
main(kind, name, start, int(seed), int(epochs), pathlib.Path(data), *pythae)
