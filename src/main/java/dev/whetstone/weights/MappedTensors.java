package dev.whetstone.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The tensors of one file, under the names that the file uses. */
public abstract sealed class MappedTensors implements Tensors permits GgufFile, Safetensors {
  private final @Nullable Arena arena;
  private final Map<String, StoredTensor> tensors;

  /**
   * Takes over the tensors and the arena.
   *
   * @param arena in which the file is mapped; null when its bytes are on the heap
   */
  MappedTensors(@Nullable Arena arena, Map<String, StoredTensor> tensors) {
    this.arena = arena;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Maps a file and parses it; the parser's result owns the arena, which is closed when it throws.
   *
   * @throws ModelFormatException naming the file
   */
  static <T> T map(Path file, BiFunction<MemorySegment, Arena, T> parser) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return parser.apply(bytes, arena);
    } catch (ModelFormatException e) {
      arena.close();
      throw new ModelFormatException(file + ": " + e.getMessage(), e);
    } catch (IOException | RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public final Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public final long[] shape(String name) {
    return Tensors.require(tensors, name).shape().clone();
  }

  @Override
  public final float[] read(String name) {
    return Tensors.require(tensors, name).read();
  }

  @Override
  public final float[] readRows(String name, int first, int rows) {
    return Tensors.require(tensors, name).readRows(first, rows);
  }

  @Override
  public final void close() {
    if (arena != null) {
      arena.close();
    }
  }
}
