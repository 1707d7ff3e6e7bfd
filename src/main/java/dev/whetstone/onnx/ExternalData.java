package dev.whetstone.onnx;

import dev.whetstone.onnx.proto.StringStringEntryProto;
import dev.whetstone.onnx.proto.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file beside the graph with the bytes of its initializers, little-endian, each at a multiple of
 * 4,096 bytes so that the runtime can map it.
 */
final class ExternalData implements AutoCloseable {
  private static final int ALIGNMENT = 4096;
  private static final int CHUNK = 1 << 20;

  private final String fileName;
  private final FileChannel channel;
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
  private long position;

  private ExternalData(String fileName, FileChannel channel) {
    this.fileName = fileName;
    this.channel = channel;
  }

  /** Creates {@code directory/fileName}; an existing file is replaced. */
  static ExternalData create(Path directory, String fileName) throws IOException {
    return new ExternalData(
        fileName,
        FileChannel.open(
            directory.resolve(fileName),
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING));
  }

  /** Writes the values of one initializer in pieces, so that a large one is never held whole. */
  interface Pieces {
    void writeTo(ExternalData file) throws IOException;
  }

  /** Appends float32 values; returns the initializer that refers to them. */
  TensorProto floats(String name, float[] values, long... shape) throws IOException {
    return pieces(TensorProto.DataType.FLOAT, name, file -> file.append(values), shape);
  }

  /** Appends signed bytes; returns the initializer that refers to them. */
  TensorProto signedBytes(String name, byte[] values, long... shape) throws IOException {
    return pieces(TensorProto.DataType.INT8, name, file -> file.append(values), shape);
  }

  /** Appends what the pieces append; returns the initializer that refers to it. */
  TensorProto pieces(TensorProto.DataType type, String name, Pieces pieces, long... shape)
      throws IOException {
    long offset = align();
    pieces.writeTo(this);
    return describe(name, type, offset, shape);
  }

  void append(float[] values) throws IOException {
    for (int from = 0; from < values.length; from += CHUNK / Float.BYTES) {
      int length = Math.min(CHUNK / Float.BYTES, values.length - from);
      chunk.clear();
      chunk.asFloatBuffer().put(values, from, length);
      write(chunk.limit(length * Float.BYTES));
    }
  }

  void append(byte[] values) throws IOException {
    for (int from = 0; from < values.length; from += CHUNK) {
      int length = Math.min(CHUNK, values.length - from);
      chunk.clear();
      chunk.put(values, from, length).flip();
      write(chunk);
    }
  }

  private TensorProto describe(String name, TensorProto.DataType type, long offset, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.getNumber())
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", fileName))
            .addExternalData(entry("offset", Long.toString(offset)))
            .addExternalData(entry("length", Long.toString(position - offset)));
    for (long dimension : shape) {
      tensor.addDims(dimension);
    }
    return tensor.build();
  }

  static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  private long align() {
    position = (position + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return position;
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      position += channel.write(bytes, position);
    }
  }

  /** Forces the bytes to disk. */
  void force() throws IOException {
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
