package dev.whetstone.dpo.torch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * Options of the C library's heap, which holds PyTorch's tensors. By default glibc maps new memory
 * for each activation and returns it to the kernel on free; a tenth of a training step is then
 * spent in the kernel clearing pages. Does nothing with other C libraries.
 */
public final class MallocTuning {
  // the names of mallopt(3)
  private static final int M_TRIM_THRESHOLD = -1;
  private static final int M_TOP_PAD = -2;
  private static final int M_MMAP_THRESHOLD = -3;

  /** The largest value that glibc accepts for M_MMAP_THRESHOLD, in bytes. */
  private static final int MAX_MMAP_THRESHOLD = 32 << 20;

  private static final Optional<MethodHandle> MALLOPT = handle("mallopt", ValueLayout.JAVA_INT);
  private static final Optional<MethodHandle> MALLOC_TRIM = handle("malloc_trim");

  private MallocTuning() {}

  private static Optional<MethodHandle> handle(String name, MemoryLayout... second) {
    MemoryLayout[] arguments = new MemoryLayout[1 + second.length];
    // malloc_trim takes one size_t, mallopt two ints
    arguments[0] = second.length == 0 ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT;
    System.arraycopy(second, 0, arguments, 1, second.length);
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(
            symbol ->
                linker.downcallHandle(
                    symbol, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments)));
  }

  /** Makes the process keep freed memory for later allocations. */
  static void keepFreedMemory() {
    set(M_MMAP_THRESHOLD, MAX_MMAP_THRESHOLD);
    set(M_TRIM_THRESHOLD, Integer.MAX_VALUE);
    set(M_TOP_PAD, 2 * MAX_MMAP_THRESHOLD);
  }

  private static void set(int option, int value) {
    MALLOPT.ifPresent(
        mallopt -> {
          try {
            int ignored = (int) mallopt.invokeExact(option, value);
          } catch (Throwable e) {
            throw new IllegalStateException("mallopt failed", e);
          }
        });
  }

  /** Returns unused memory to the kernel. */
  public static void returnUnused() {
    MALLOC_TRIM.ifPresent(
        trim -> {
          try {
            int ignored = (int) trim.invokeExact(0L);
          } catch (Throwable e) {
            throw new IllegalStateException("malloc_trim failed", e);
          }
        });
  }
}
