package dev.whetstone.engine.ort;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * Anonymous memory whose pages are committed at the first write and can be returned to the system.
 * Java clears its own direct buffers at allocation, which commits all of their pages.
 */
final class MappedMemory {
  private static final int PROT_READ_WRITE = 3;
  private static final boolean MAC =
      System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("mac");
  // MAP_PRIVATE | MAP_ANONYMOUS, and MAP_NORESERVE on Linux
  private static final int FLAGS = MAC ? 0x1002 : 0x4022;
  // MADV_DONTNEED frees and zeroes pages on Linux; it is not used on macOS
  private static final int MADV_DONTNEED = 4;
  private static final long PAGE = 4096;

  private static final MethodHandle MMAP =
      handle(
          "mmap",
          FunctionDescriptor.of(
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG));
  private static final MethodHandle MUNMAP =
      handle(
          "munmap",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
  private static final MethodHandle MADVISE =
      handle(
          "madvise",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  private MappedMemory() {}

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    SymbolLookup lookup = Linker.nativeLinker().defaultLookup();
    return Linker.nativeLinker().downcallHandle(lookup.findOrThrow(name), descriptor);
  }

  /** Reserves {@code bytes} of zeroes, unmapped when the arena is closed. */
  static MemorySegment reserve(long bytes, Arena arena) {
    try {
      MemorySegment mapped =
          (MemorySegment)
              MMAP.invokeExact(MemorySegment.NULL, bytes, PROT_READ_WRITE, FLAGS, -1, 0L);
      if (mapped.address() == -1) {
        throw new OutOfMemoryError("cannot reserve " + bytes + " bytes of native memory");
      }
      return mapped.reinterpret(bytes, arena, segment -> unmap(segment, bytes));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("mmap failed", e);
    }
  }

  private static void unmap(MemorySegment segment, long bytes) {
    try {
      int ignored = (int) MUNMAP.invokeExact(segment, bytes);
    } catch (Throwable e) {
      throw new IllegalStateException("munmap failed", e);
    }
  }

  /** Returns the whole pages inside a range to the system; its content is undefined afterwards. */
  static void releasePages(MemorySegment segment) {
    long start = (segment.address() + PAGE - 1) / PAGE * PAGE;
    long end = (segment.address() + segment.byteSize()) / PAGE * PAGE;
    if (MAC || end <= start) {
      return;
    }
    try {
      int ignored =
          (int) MADVISE.invokeExact(MemorySegment.ofAddress(start), end - start, MADV_DONTNEED);
    } catch (Throwable e) {
      throw new IllegalStateException("madvise failed", e);
    }
  }
}
