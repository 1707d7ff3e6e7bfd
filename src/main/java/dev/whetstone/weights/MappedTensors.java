package dev.whetstone.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The tensors of one file, under the names that the file uses. */
public abstract sealed class MappedTensors implements Tensors permits GgufFile, Safetensors {
  private final List<Arena> arenas = new ArrayList<>();
  private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

  /**
   * Takes over the tensors and the arena.
   *
   * @param arena in which the file is mapped; null when its bytes are on the heap
   */
  MappedTensors(@Nullable Arena arena, Map<String, StoredTensor> tensors) {
    if (arena != null) {
      arenas.add(arena);
    }
    this.tensors.putAll(tensors);
  }

  /** Takes over the tensors of another file, and closes it with this one. */
  final void take(MappedTensors other) {
    arenas.addAll(other.arenas);
    other.arenas.clear();
    other.tensors.forEach(
        (name, tensor) -> {
          if (tensors.putIfAbsent(name, tensor) != null) {
            throw new ModelFormatException("tensor " + name + " is in two parts");
          }
        });
  }

  /** Gives tensors other names. */
  final void rename(UnaryOperator<String> names) {
    Map<String, StoredTensor> renamed = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (renamed.put(names.apply(name), tensor) != null) {
            throw new ModelFormatException("tensor " + name + " is there twice");
          }
        });
    tensors.clear();
    tensors.putAll(renamed);
  }

  /**
   * Replaces a stack of tensors by them.
   *
   * @param names for each tensor of the stack; where it has several, they share its rows equally
   * @throws ModelFormatException when the stack has not so many tensors or rows
   */
  final void unstack(String name, List<List<String>> names) {
    StoredTensor stack = Tensors.require(tensors, name);
    long[] shape = stack.shape();
    if (shape.length != 3 || shape[0] != names.size()) {
      throw new ModelFormatException(
          "tensor %s is %s, which stacks no %d matrices"
              .formatted(name, Arrays.toString(shape), names.size()));
    }
    tensors.remove(name);
    for (int i = 0; i < names.size(); i++) {
      StoredTensor whole = stack.at(i);
      List<String> parts = names.get(i);
      long rows = shape[1] / parts.size();
      for (int part = 0; part < parts.size(); part++) {
        if (tensors.putIfAbsent(parts.get(part), whole.rows(part * rows, rows)) != null) {
          throw new ModelFormatException("tensor " + parts.get(part) + " is there twice");
        }
      }
    }
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
    return Collections.unmodifiableSet(tensors.keySet());
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
    arenas.forEach(Arena::close);
    arenas.clear();
  }
}
