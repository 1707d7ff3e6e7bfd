package dev.whetstone.engine.ort;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory into which runs write their logits, so that they are not copied: one buffer, grown to
 * the largest number of rows so far. Engine thread only.
 */
final class LogitBuffer implements AutoCloseable {
  private static final int INITIAL_ROWS = 64;

  private final OrtEnvironment environment;
  private final int vocabulary;
  private final Map<Integer, OnnxTensor> tensors = new HashMap<>();
  private Arena arena = Arena.ofShared();
  private MemorySegment memory;
  private int capacity = INITIAL_ROWS;

  LogitBuffer(OrtEnvironment environment, int vocabulary) {
    this.environment = environment;
    this.vocabulary = vocabulary;
    this.memory = MappedMemory.reserve(bytes(capacity), arena);
  }

  private long bytes(int rows) {
    return (long) rows * vocabulary * Float.BYTES;
  }

  /** The output tensor {@code [rows, vocabulary]}; growing invalidates all earlier ones. */
  OnnxTensor tensor(int rows) throws OrtException {
    if (rows > capacity) {
      grow(rows);
    }
    OnnxTensor known = tensors.get(rows);
    if (known == null) {
      known = OnnxTensor.createTensor(environment, values(rows), new long[] {rows, vocabulary});
      tensors.put(rows, known);
    }
    return known;
  }

  private void grow(int rows) {
    if (bytes(rows) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("logits of " + rows + " rows exceed 2 GiB");
    }
    close();
    arena = Arena.ofShared();
    capacity = rows;
    memory = MappedMemory.reserve(bytes(capacity), arena);
  }

  /** The first rows {@code [rows, vocabulary]}; valid until the next run. */
  FloatBuffer values(int rows) {
    return memory
        .asSlice(0, bytes(rows))
        .asByteBuffer()
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer();
  }

  @Override
  public void close() {
    tensors.values().forEach(OnnxTensor::close);
    tensors.clear();
    arena.close();
  }
}
