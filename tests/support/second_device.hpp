// A device for tests on computers that have no other than the processor. Its tensors lie in memory that only its own
// operations can touch: a pointer that is followed from outside ends the test, and operations on tensors of two devices are
// refused as on a real one. What it computes is what libtorch computes on the processor, so that results can be compared bit for bit.
#pragma once
#include <ATen/EmptyTensor.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <sys/mman.h>
#include <torch/library.h>
#include <torch/version.h>
#include <unistd.h>

#include <elbo/tensor.hpp>
#include <map>
#include <mutex>
#include <set>

namespace elbo::testing {

/// Memory whose addresses cannot be followed; operations find it at others.
class ClosedMemory {
 public:
  ClosedMemory() {
    const int file = memfd_create("second device", 0);
    if (file < 0 || ftruncate(file, size) != 0) throw Error("second device: found no memory for it");
    closed_ = mapped(file, PROT_NONE);
    open_ = mapped(file, PROT_READ | PROT_WRITE);
    close(file);
  }

  void* opened(const void* place) const {
    return place ? open_ + (static_cast<const char*>(place) - closed_) : nullptr;
  }

  void* take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    const size_t rounded = (bytes + 63) / 64 * 64;
    if (auto& free = free_[rounded]; !free.empty()) {
      void* place = free.back();
      free.pop_back();
      return place;
    }
    if (used_ + rounded > size) throw Error("second device: its memory is used up");
    used_ += rounded;
    sizes_[closed_ + used_ - rounded] = rounded;
    return closed_ + used_ - rounded;
  }

  void give_back(void* place) {
    const std::lock_guard lock(mutex_);
    free_[sizes_.at(static_cast<char*>(place))].push_back(place);
  }

 private:
  static constexpr size_t size = size_t{1} << 30;

  static char* mapped(int file, int access) {
    void* place = mmap(nullptr, size, access, MAP_SHARED | MAP_NORESERVE, file, 0);
    if (place == MAP_FAILED) throw Error("second device: found no memory for it");
    return static_cast<char*>(place);
  }

  char *closed_, *open_;
  std::mutex mutex_;
  std::map<size_t, std::vector<void*>> free_;
  std::map<char*, size_t> sizes_;
  size_t used_ = 0;
};

class SecondDevice {
 public:
  /// There is one, from the first call on: it takes the name of a kind that no libtorch of ours was built for.
  static at::Device get() {
    one();
    return {at::kXPU, 0};
  }
  /// How often a floating-point value was brought to the processor since the last call.
  static int64_t reads() { return std::exchange(one().reads_, 0); }
  /// What was done since the last call that a CUDA device refuses while operations are recorded, and how often: copies to and from
  /// the processor, and operations whose result has a size that depends on values.
  static std::map<std::string, int64_t> unrecordable() { return std::exchange(one().unrecordable_, {}); }

 private:
  static constexpr auto key = c10::DispatchKey::XPU;

  struct Allocator final : c10::Allocator {
    ClosedMemory memory;
    static Allocator& get() {
      static auto* allocator = new Allocator;  // outlives every tensor
      return *allocator;
    }
    static void free(void* place) {
      if (place) get().memory.give_back(place);
    }
    c10::DataPtr made(size_t bytes) const {
      void* place = bytes ? get().memory.take(bytes) : nullptr;
      return {place, place, &Allocator::free, at::Device(at::kXPU, 0)};
    }
#if TORCH_VERSION_MAJOR >= 2
    c10::DataPtr allocate(size_t bytes) override { return made(bytes); }
    void copy_data(void* to, const void* from, size_t bytes) const override {
      std::memcpy(get().memory.opened(to), get().memory.opened(from), bytes);
    }
#else
    c10::DataPtr allocate(size_t bytes) const override { return made(bytes); }
#endif
    c10::DeleterFnPtr raw_deleter() const override { return &Allocator::free; }
  };

  static SecondDevice& one() {
    static SecondDevice device;
    return device;
  }

  SecondDevice() {
    c10::SetAllocator(at::kXPU, &Allocator::get());
    library_.impl("empty.memory_format", &empty);
    library_.impl("empty_strided", &empty_strided);
    library_.impl("as_strided", &at::native::as_strided_tensorimpl);
    library_.impl("view", &view);
    library_.impl("_reshape_alias", &reshape_alias);
    library_.impl("resize_", &resize);
    library_.impl("set_.source_Storage_storage_offset", &set_storage);
    library_.impl("copy_", &copy);
    library_.impl("_copy_from", &copy_from);
    library_.impl("_copy_from_and_resize", &copy_from_and_resize);
    library_.impl("convolution_overrideable", &convolution);
    library_.impl("convolution_backward_overrideable", &convolution_backward);
    others_.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>());
  }

  static at::Tensor empty(at::IntArrayRef size, c10::optional<at::ScalarType> dtype, c10::optional<at::Layout>,
                          c10::optional<at::Device>, c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
    return at::detail::empty_generic(size, &Allocator::get(), c10::DispatchKeySet(key), dtype.value_or(at::kFloat),
                                     format);
  }
  static at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, c10::optional<at::ScalarType> dtype,
                                  c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>) {
    return at::detail::empty_strided_generic(size, stride, &Allocator::get(), c10::DispatchKeySet(key),
                                             dtype.value_or(at::kFloat));
  }
  static at::Tensor view(const at::Tensor& t, at::IntArrayRef size) { return at::native::view(t, size); }
  static at::Tensor reshape_alias(const at::Tensor& t, at::IntArrayRef size, at::IntArrayRef stride) {
    return at::native::_reshape_alias(t, size, stride);
  }
  static at::Tensor& set_storage(at::Tensor& t, at::Storage storage, int64_t offset, at::IntArrayRef size,
                                 at::IntArrayRef stride) {
    return at::native::set_storage_cpu_(t, storage, offset, size, stride);
  }

  static const at::Tensor& resize(const at::Tensor& t, at::IntArrayRef size, c10::optional<at::MemoryFormat>) {
    t.unsafeGetTensorImpl()->set_sizes_contiguous(size);
    const size_t bytes = static_cast<size_t>(t.numel()) * t.element_size();
    if (bytes <= t.storage().nbytes()) return t;
    t.storage().unsafeGetStorageImpl()->set_data_ptr_noswap(Allocator::get().made(bytes));
    t.storage().unsafeGetStorageImpl()->set_nbytes(bytes);
    return t;
  }

  /// The same memory, as a tensor of the processor.
  static at::Tensor seen_from_here(const at::Tensor& t) {
    if (t.is_cpu()) return t;
    auto* place = static_cast<char*>(Allocator::get().memory.opened(t.storage().data_ptr().get()));
    return at::from_blob(place + t.storage_offset() * static_cast<int64_t>(t.element_size()), t.sizes(), t.strides(),
                         at::TensorOptions(t.scalar_type()));
  }

  static at::Tensor& copy(at::Tensor& to, const at::Tensor& from, bool) {
    if (to.is_cpu() && from.is_floating_point() && at_work() == 0) ++one().reads_;
    if (to.device() != from.device() && at_work() == 0)
      ++one().unrecordable_[to.is_cpu() ? "a copy to the processor" : "a copy from the processor"];
    seen_from_here(to).copy_(seen_from_here(from));
    return to;
  }
  static at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
    at::Tensor same = to;
    return copy(same, from, false);
  }
  static at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
    if (to.sizes() != from.sizes()) resize(to, from.sizes(), {});
    return copy_from(from, to, false);
  }

  static int& at_work() {
    thread_local int depth = 0;
    return depth;
  }

  struct AtWork {
    AtWork() { ++at_work(); }
    ~AtWork() { --at_work(); }
  };

  /// Convolutions are of the few operations that libtorch asks a device to have a form of its own for.
  static at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const c10::optional<at::Tensor>& bias,
                                at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation,
                                bool transposed, at::IntArrayRef output_padding, int64_t groups) {
    const AtWork now;
    for (const at::Tensor& t : {x, weight, bias.value_or(at::Tensor())}) must_be_here(t, "convolution");
    const c10::optional<at::Tensor> b = bias && bias->defined() ? c10::optional<at::Tensor>(bias->cpu()) : c10::nullopt;
    return at::convolution(x.cpu(), weight.cpu(), b, stride, padding, dilation, transposed, output_padding, groups)
        .to(x.device());
  }
  static std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
      const at::Tensor& dy, const at::Tensor& x, const at::Tensor& weight, at::IntArrayRef stride,
      at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding,
      int64_t groups, std::array<bool, 3> wanted) {
    const AtWork now;
    const std::vector<int64_t> bias_sizes = {dy.size(1)};
    const auto [dx, dw, db] =
        at::convolution_backward(dy.cpu(), x.cpu(), weight.cpu(), at::OptionalIntArrayRef(bias_sizes), stride, padding,
                                 dilation, transposed, output_padding, groups, wanted);
    const auto there = [&x](const at::Tensor& t) { return t.defined() ? t.to(x.device()) : t; };
    return {there(dx), there(dw), there(db)};
  }

  static void must_be_here(const at::Tensor& t, const std::string& operation) {
    if (t.defined() && t.is_cpu() && t.dim() > 0)
      throw Error(operation + ": found a tensor " + to_string(Shape(t.sizes().vec())) +
                  " of the processor among those of the second device");
  }

  static bool takes_tensors(const torch::jit::Stack& stack, size_t arguments) {
    const auto given = torch::jit::last(stack, arguments);
    return std::any_of(given.begin(), given.end(), [](const auto& a) { return a.isTensor() || a.isTensorList(); });
  }

  static bool waits(const std::string& name, const torch::jit::Stack& stack) {
    static const std::set<std::string> known = {"aten::_local_scalar_dense",
                                                "aten::nonzero",
                                                "aten::masked_select",
                                                "aten::equal",
                                                "aten::_unique2",
                                                "aten::unique_dim",
                                                "aten::unique_consecutive",
                                                "aten::bincount"};
    const auto is_mask = [](const at::Tensor& t) {
      return t.defined() && (t.scalar_type() == at::kBool || t.scalar_type() == at::kByte);
    };
    if (known.contains(name)) return true;
    if (!name.starts_with("aten::index") && !name.starts_with("aten::_index_put")) return false;
    return std::any_of(stack.begin(), stack.end(), [&](const c10::IValue& argument) {
      if (!argument.isOptionalTensorList()) return false;
      const auto masks = argument.toOptionalTensorVector();
      return std::any_of(masks.begin(), masks.end(), [&](const auto& mask) { return mask && is_mask(*mask); });
    });
  }

  /// Every operation that has no form of its own: on copies, as libtorch does it for devices that lack one.
  static void fallback(const c10::OperatorHandle& operation, torch::jit::Stack* stack) {
    const std::string name = operation.schema().name();
    for (const auto& argument : torch::jit::last(*stack, operation.schema().arguments().size())) {
      if (argument.isTensor()) must_be_here(argument.toTensor(), name);
      if (argument.isTensorList())
        for (const at::Tensor& t : argument.toTensorVector()) must_be_here(t, name);
    }
    if (name == "aten::_local_scalar_dense") ++one().reads_;
    if (waits(name, *stack)) ++one().unrecordable_[name];
    const AtWork now;
    const bool makes = !takes_tensors(*stack, operation.schema().arguments().size());
    at::native::cpu_fallback(operation, stack);
    if (!makes) return;
    if (stack->back().isTensor()) stack->back() = stack->back().toTensor().to(get());
  }

  c10::impl::DeviceGuardImplRegistrar guard_{at::kXPU, new c10::impl::NoOpDeviceGuardImpl<at::kXPU>};
  torch::Library library_{torch::Library::IMPL, "aten", key, __FILE__, __LINE__};
  torch::Library others_{torch::Library::IMPL, "_", key, __FILE__, __LINE__};
  int64_t reads_ = 0;
  std::map<std::string, int64_t> unrecordable_;
};

/// libtorch counts devices at the first backward pass, and not again.
inline const at::Device second_device = SecondDevice::get();

}  // namespace elbo::testing
