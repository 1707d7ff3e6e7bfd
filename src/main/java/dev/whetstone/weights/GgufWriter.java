package dev.whetstone.weights;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes a GGUF file, version 3, of texts, decimals and float32 matrices. */
public final class GgufWriter {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = 32;
  private static final int FLOAT32 = 6;
  private static final int STRING = 8;

  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private final Map<String, Matrix> matrices = new LinkedHashMap<>();

  private record Matrix(float[] values, int rows, int columns) {}

  /** Adds a text to the metadata. */
  public GgufWriter put(String key, String text) {
    metadata.put(key, text);
    return this;
  }

  /** Adds a decimal to the metadata. */
  public GgufWriter put(String key, float number) {
    metadata.put(key, number);
    return this;
  }

  /**
   * Adds a matrix, row-major {@code [rows, columns]}; its dimensions are written in ggml's order.
   */
  public GgufWriter put(String name, float[] values, int rows, int columns) {
    if (values.length != (long) rows * columns) {
      throw new IllegalArgumentException(
          "%s has %d values, not %d x %d".formatted(name, values.length, rows, columns));
    }
    matrices.put(name, new Matrix(values, rows, columns));
    return this;
  }

  /** Writes the file; the stream stays open. */
  public void write(OutputStream out) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    try (DataOutputStream data = new DataOutputStream(head)) {
      data.writeBytes("GGUF");
      data.writeInt(Integer.reverseBytes(VERSION));
      data.writeLong(Long.reverseBytes(matrices.size()));
      data.writeLong(Long.reverseBytes(metadata.size()));
      for (var entry : metadata.entrySet()) {
        text(entry.getKey(), data);
        if (entry.getValue() instanceof Float number) {
          data.writeInt(Integer.reverseBytes(FLOAT32));
          data.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(number)));
        } else {
          data.writeInt(Integer.reverseBytes(STRING));
          text(String.valueOf(entry.getValue()), data);
        }
      }
      describeMatrices(data);
    }
    out.write(head.toByteArray());
    out.write(new byte[padding(head.size())]);
    for (Matrix matrix : matrices.values()) {
      ByteBuffer bytes =
          ByteBuffer.allocate(matrix.values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(matrix.values);
      out.write(bytes.array());
      out.write(new byte[padding(bytes.capacity())]);
    }
  }

  private void describeMatrices(DataOutputStream data) throws IOException {
    long offset = 0;
    for (var entry : matrices.entrySet()) {
      Matrix matrix = entry.getValue();
      text(entry.getKey(), data);
      data.writeInt(Integer.reverseBytes(2));
      data.writeLong(Long.reverseBytes(matrix.columns));
      data.writeLong(Long.reverseBytes(matrix.rows));
      data.writeInt(0);
      data.writeLong(Long.reverseBytes(offset));
      long bytes = (long) matrix.values.length * Float.BYTES;
      offset += bytes + padding(bytes);
    }
  }

  private static int padding(long bytes) {
    return (int) ((ALIGNMENT - bytes % ALIGNMENT) % ALIGNMENT);
  }

  private static void text(String text, DataOutputStream data) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    data.writeLong(Long.reverseBytes(bytes.length));
    data.write(bytes);
  }
}
