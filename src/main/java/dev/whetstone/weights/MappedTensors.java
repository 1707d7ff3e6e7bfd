package dev.whetstone.weights;

import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
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

  @Override
  public final Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public final long[] shape(String name) {
    return tensor(name).shape().clone();
  }

  @Override
  public final float[] read(String name) {
    return tensor(name).read();
  }

  private StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("there is no tensor " + name);
    }
    return tensor;
  }

  @Override
  public final void close() {
    if (arena != null) {
      arena.close();
    }
  }
}
