package dev.whetstone.dpo.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.Optional;

/**
 * Operations of libtorch that DJL's native library does not export. Most of them write into a given
 * tensor, so that no temporary as large as an activation is allocated. They are the dispatcher's
 * entry points, {@code at::_ops}, found by their mangled C++ names. A C++ exception cannot cross
 * into Java and would end the process, so shapes are checked here.
 */
public final class LibtorchBindings {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup SYMBOLS = loaded();

  /** DJL's handle of a tensor is the address of an at::Tensor, so it passes as a C++ reference. */
  private static final ValueLayout.OfLong TENSOR = ValueLayout.JAVA_LONG;

  private static final MethodHandle ADD_PRODUCT =
      operation(
          "_ZN2at4_ops6addmm_4callERNS_6TensorERKS2_S5_RKN3c106ScalarES9_",
          TENSOR,
          TENSOR,
          TENSOR,
          ValueLayout.ADDRESS,
          ValueLayout.ADDRESS);
  private static final MethodHandle ADD_ELEMENTS =
      operation(
          "_ZN2at4_ops8addcmul_4callERNS_6TensorERKS2_S5_RKN3c106ScalarE",
          TENSOR,
          TENSOR,
          TENSOR,
          ValueLayout.ADDRESS);
  private static final MethodHandle PRODUCT =
      operation("_ZN2at4_ops6mm_out4callERKNS_6TensorES4_RS2_", TENSOR, TENSOR, TENSOR);
  private static final MethodHandle MULTIPLY =
      operation("_ZN2at4_ops7mul_out4callERKNS_6TensorES4_RS2_", TENSOR, TENSOR, TENSOR);
  private static final MethodHandle SILU =
      operation("_ZN2at4_ops8silu_out4callERKNS_6TensorERS2_", TENSOR, TENSOR);
  private static final MethodHandle SILU_GRADIENT =
      operation(
          "_ZN2at4_ops24silu_backward_grad_input4callERKNS_6TensorES4_RS2_",
          TENSOR,
          TENSOR,
          TENSOR);

  private static final MethodHandle MAXIMA =
      operation(
          "_ZN2at4_ops8amax_out4callERKNS_6TensorEN3c108ArrayRefIlEEbRS2_",
          TENSOR,
          MemoryLayout.structLayout(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG),
          ValueLayout.JAVA_BOOLEAN,
          TENSOR);

  private static final MemorySegment LAST_DIMENSION = dimensions(-1);
  private static final MemorySegment ONE = scalar(1);
  private static final MemorySegment MINUS_ONE = scalar(-1);

  private LibtorchBindings() {}

  private static SymbolLookup loaded() {
    NDManager.newBaseManager("PyTorch").close();
    return SymbolLookup.loaderLookup();
  }

  /** A function of libtorch by its mangled name; empty when this version does not have it. */
  static Optional<MethodHandle> find(String name, FunctionDescriptor descriptor) {
    return SYMBOLS.find(name).map(symbol -> LINKER.downcallHandle(symbol, descriptor));
  }

  private static MethodHandle operation(String name, MemoryLayout... arguments) {
    return find(name, FunctionDescriptor.of(TENSOR, arguments))
        .orElseThrow(
            () -> new UnsatisfiedLinkError("this version of libtorch does not export " + name));
  }

  /** A c10::Scalar: its tag, 0 for a double, and its value at byte 16. */
  private static MemorySegment scalar(double value) {
    MemorySegment scalar = Arena.global().allocate(32, 16);
    scalar.set(ValueLayout.JAVA_DOUBLE, 16, value);
    return scalar;
  }

  /** A c10::ArrayRef: the address of the numbers, and their count. */
  private static MemorySegment dimensions(long... numbers) {
    MemorySegment array = Arena.global().allocate(2 * ValueLayout.JAVA_LONG.byteSize());
    array.set(ValueLayout.ADDRESS, 0, Arena.global().allocateFrom(ValueLayout.JAVA_LONG, numbers));
    array.set(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS.byteSize(), numbers.length);
    return array;
  }

  private static MemorySegment text(String text) {
    MemorySegment view = Arena.global().allocate(2 * ValueLayout.JAVA_LONG.byteSize());
    view.set(ValueLayout.JAVA_LONG, 0, text.length());
    view.set(
        ValueLayout.ADDRESS, ValueLayout.JAVA_LONG.byteSize(), Arena.global().allocateFrom(text));
    return view;
  }

  /** The largest value of each row of a matrix, {@code [rows, 1]}. */
  public static NDArray rowMaxima(NDArray matrix) {
    NDArray result = matrix.getManager().create(new Shape(matrix.getShape().get(0), 1));
    try {
      long ignored =
          (long) MAXIMA.invokeExact(handle(matrix), LAST_DIMENSION, true, handle(result));
      return result;
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code into += a b} for matrices (addmm); views are accepted. */
  public static void addMatmul(NDArray into, NDArray a, NDArray b) {
    long inner = a.getShape().get(1);
    requireShape(a, into.getShape().get(0), inner);
    requireShape(b, inner, into.getShape().get(1));
    try {
      long ignored = (long) ADD_PRODUCT.invokeExact(handle(into), handle(a), handle(b), ONE, ONE);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code into = a b} for matrices (mm.out); views are accepted. */
  public static void matmul(NDArray into, NDArray a, NDArray b) {
    long inner = a.getShape().get(1);
    requireShape(a, into.getShape().get(0), inner);
    requireShape(b, inner, into.getShape().get(1));
    call(PRODUCT, a, b, into);
  }

  /** {@code into += a * b}, element by element (addcmul). */
  public static void addMultiplied(NDArray into, NDArray a, NDArray b) {
    requireShape(b, into.getShape().getShape());
    addElements(into, a, b, ONE);
  }

  /** {@code into -= a * b}, element by element (addcmul); b may be a column. */
  public static void subtractMultiplied(NDArray into, NDArray a, NDArray b) {
    requireShape(b, into.getShape().get(0), b.getShape().get(1) == 1 ? 1 : into.getShape().get(1));
    addElements(into, a, b, MINUS_ONE);
  }

  private static void addElements(NDArray into, NDArray a, NDArray b, MemorySegment factor) {
    requireShape(a, into.getShape().getShape());
    try {
      long ignored = (long) ADD_ELEMENTS.invokeExact(handle(into), handle(a), handle(b), factor);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code into = a * b}, element by element. */
  public static void multiply(NDArray into, NDArray a, NDArray b) {
    requireShape(a, into.getShape().getShape());
    elementwise(MULTIPLY, a, b, into);
  }

  /** {@code into = dy * silu'(x)}, element by element; into may be x. */
  public static void siluGradient(NDArray into, NDArray dy, NDArray x) {
    requireShape(dy, into.getShape().getShape());
    elementwise(SILU_GRADIENT, dy, x, into);
  }

  private static void elementwise(MethodHandle operation, NDArray a, NDArray b, NDArray into) {
    requireShape(b, into.getShape().getShape());
    call(operation, a, b, into);
  }

  private static void call(MethodHandle operation, NDArray a, NDArray b, NDArray into) {
    try {
      long ignored = (long) operation.invokeExact(handle(a), handle(b), handle(into));
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code x σ(x)}; the result is contiguous even if x is a view. */
  public static NDArray silu(NDArray x) {
    NDArray result = x.getManager().create(x.getShape());
    try {
      long ignored = (long) SILU.invokeExact(handle(x), handle(result));
      return result;
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** GELU in its approximation by tanh; the result is contiguous even if x is a view. */
  public static NDArray geluTanh(NDArray x) {
    NDArray result = x.getManager().create(x.getShape());
    try {
      long ignored = (long) Gelu.GELU.invokeExact(handle(x), Gelu.TANH, handle(result));
      return result;
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code into = dy * gelu'(x)}, element by element; into may be x. */
  public static void geluTanhGradient(NDArray into, NDArray dy, NDArray x) {
    requireShape(dy, into.getShape().getShape());
    requireShape(x, into.getShape().getShape());
    try {
      long ignored =
          (long) Gelu.GELU_GRADIENT.invokeExact(handle(dy), handle(x), Gelu.TANH, handle(into));
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  private static void requireShape(NDArray array, long... shape) {
    if (!Arrays.equals(array.getShape().getShape(), shape)) {
      throw new IllegalArgumentException(
          "tensor has shape %s, expected %s".formatted(array.getShape(), Arrays.toString(shape)));
    }
  }

  private static long handle(NDArray array) {
    return ((PtNDArray) array).getHandle();
  }

  private static IllegalStateException failed(Throwable e) {
    return new IllegalStateException("call into libtorch failed", e);
  }

  /**
   * Found at its first use, for its name depends on the C++ library that libtorch was built with.
   */
  private static final class Gelu {
    /** A std::string_view: its length, then its address. */
    static final MemoryLayout STRING_VIEW =
        MemoryLayout.structLayout(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS);

    static final MethodHandle GELU =
        operation(
            "_ZN2at4_ops8gelu_out4callERKNS_6TensorESt17basic_string_viewIcSt11char_traitsIcEERS2_",
            TENSOR,
            STRING_VIEW,
            TENSOR);
    static final MethodHandle GELU_GRADIENT =
        operation(
            "_ZN2at4_ops24gelu_backward_grad_input4callERKNS_6TensorES4_St17basic_string_viewIcSt11char_traitsIcEERS2_",
            TENSOR,
            TENSOR,
            STRING_VIEW,
            TENSOR);
    static final MemorySegment TANH = text("tanh");

    private Gelu() {}
  }
}
