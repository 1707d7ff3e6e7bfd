package dev.whetstone.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.io.Sha256;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Writes float32 safetensors. The same tensors give the same bytes: names are sorted and the header
 * is padded to 8 bytes.
 */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;

  /** Values that are converted at once. */
  private static final int PIECE = 1 << 20;

  private SafetensorsWriter() {}

  /** Writes a file atomically: to a temporary file, which is forced to disk and renamed. */
  public static void write(Path file, Tensors tensors, Map<String, String> metadata)
      throws IOException {
    AtomicFile.write(file, out -> write(out, tensors, metadata));
  }

  /** The file's bytes. */
  public static byte[] bytes(Tensors tensors, Map<String, String> metadata) {
    try {
      ByteBuffer file = ByteBuffer.allocate(Math.toIntExact(size(tensors, metadata)));
      write(
          new OutputStream() {
            @Override
            public void write(int value) {
              file.put((byte) value);
            }

            @Override
            public void write(byte[] values, int from, int count) {
              file.put(values, from, count);
            }
          },
          tensors,
          metadata);
      return file.array();
    } catch (IOException e) {
      throw new IllegalStateException("memory cannot be written to", e);
    }
  }

  private static long size(Tensors tensors, Map<String, String> metadata) throws IOException {
    SortedSet<String> names = new TreeSet<>(tensors.names());
    long size = (long) Long.BYTES + header(names, tensors, metadata).length;
    for (String name : names) {
      size += ElementType.F32.bytes(StoredTensor.elements(name, tensors.shape(name)));
    }
    return size;
  }

  /** The sha256 of the bytes that {@link #write} writes, in lower-case hexadecimal. */
  public static String sha256(Tensors tensors, Map<String, String> metadata) throws IOException {
    MessageDigest digest = Sha256.digest();
    digest(digest, tensors, metadata);
    return Sha256.hex(digest);
  }

  /** Adds the bytes that {@link #write} writes to a digest. */
  public static void digest(MessageDigest digest, Tensors tensors, Map<String, String> metadata)
      throws IOException {
    try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      write(out, tensors, metadata);
    }
  }

  /** Writes the file's bytes to a stream, which stays open. */
  public static void write(OutputStream out, Tensors tensors, Map<String, String> metadata)
      throws IOException {
    SortedSet<String> names = new TreeSet<>(tensors.names());
    byte[] header = header(names, tensors, metadata);
    out.write(
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .array());
    out.write(header);
    for (String name : names) {
      writeValues(out, tensors, name);
    }
  }

  private static void writeValues(OutputStream out, Tensors tensors, String name)
      throws IOException {
    long[] shape = tensors.shape(name);
    if (shape.length == 0) {
      out.write(bytes(tensors.read(name)));
      return;
    }
    int rows = Math.toIntExact(shape[0]);
    long width = rows == 0 ? 1 : Math.max(1, StoredTensor.elements(name, shape) / rows);
    int step = (int) Math.max(1, PIECE / width);
    for (int first = 0; first < rows; first += step) {
      out.write(bytes(tensors.readRows(name, first, Math.min(step, rows - first))));
    }
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static byte[] header(
      SortedSet<String> names, Tensors tensors, Map<String, String> metadata) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode free = root.putObject("__metadata__");
      new TreeMap<>(metadata).forEach(free::put);
    }
    long offset = 0;
    for (String name : names) {
      long[] shape = tensors.shape(name);
      long end = offset + ElementType.F32.bytes(StoredTensor.elements(name, shape));
      ObjectNode entry = root.putObject(name).put("dtype", "F32");
      for (long size : shape) {
        entry.withArray("shape").add(size);
      }
      entry.putArray("data_offsets").add(offset).add(end);
      if (shape.length == 0) {
        entry.putArray("shape");
      }
      offset = end;
    }
    byte[] text = json.writeValueAsBytes(root);
    byte[] padded = new byte[(text.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT];
    Arrays.fill(padded, (byte) ' ');
    System.arraycopy(text, 0, padded, 0, text.length);
    return padded;
  }
}
