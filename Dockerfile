# docker build -t elbo . && docker run --rm -v "$PWD/runs:/elbo/runs" elbo elbo run experiments/quickstart.toml
FROM debian:bookworm
WORKDIR /elbo
COPY . .
RUN ./elbo --version && rm -rf /var/lib/apt/lists/*
ENV PATH=/elbo/build/bin:$PATH
CMD ["elbo", "--help"]
