package dev.whetstone.dpo.reference;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Reference log-probs of one run, in a file of records: length, CRC-32, then for each completion
 * its key and values. A record that a crash cut short is taken off when the file is opened.
 */
public final class FileReferenceCache implements ReferenceCache, AutoCloseable {
  private static final int HEADER = 2 * Integer.BYTES;

  private final FileChannel channel;
  private final Map<Key, float[]> known = new HashMap<>();

  private FileReferenceCache(FileChannel channel) {
    this.channel = channel;
  }

  public static FileReferenceCache open(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileReferenceCache file = new FileReferenceCache(channel);
      file.load();
      return file;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void load() throws IOException {
    long end = 0;
    for (byte[] record; (record = record(end)) != null; end += HEADER + record.length) {
      read(record);
    }
    channel.truncate(end);
    channel.position(end);
  }

  /** The record at a place; null when there is no whole one. */
  private byte @Nullable [] record(long at) throws IOException {
    long left = channel.size() - at - HEADER;
    if (left < 0) {
      return null;
    }
    ByteBuffer header = read(at, HEADER);
    int length = header.getInt();
    int sum = header.getInt();
    if (length < 0 || length > left) {
      return null;
    }
    byte[] record = read(at + HEADER, length).array();
    return sum == sum(record) ? record : null;
  }

  private ByteBuffer read(long at, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw new IOException("the file of reference log-probs shrank while it was read");
      }
    }
    return buffer.flip();
  }

  private void read(byte[] record) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(record));
    while (in.available() > 0) {
      Key key = new Key(in.readUTF(), in.readUTF());
      float[] logps = new float[in.readInt()];
      for (int i = 0; i < logps.length; i++) {
        logps[i] = in.readFloat();
      }
      known.put(key, logps);
    }
  }

  private static int sum(byte[] record) {
    CRC32 crc = new CRC32();
    crc.update(record);
    return (int) crc.getValue();
  }

  @Override
  public Map<Key, float[]> find(Collection<Key> keys) {
    Map<Key, float[]> found = new HashMap<>();
    for (Key key : keys) {
      float[] logps = known.get(key);
      if (logps != null) {
        found.put(key, logps);
      }
    }
    return found;
  }

  @Override
  public void store(Map<Key, float[]> logps) {
    if (logps.isEmpty()) {
      return;
    }
    try {
      byte[] record = record(logps);
      ByteBuffer whole = ByteBuffer.allocate(HEADER + record.length);
      whole.putInt(record.length).putInt(sum(record)).put(record).flip();
      while (whole.hasRemaining()) {
        channel.write(whole);
      }
      channel.force(false);
      known.putAll(logps);
    } catch (IOException e) {
      throw new UncheckedIOException("reference log-probs cannot be kept", e);
    }
  }

  private static byte[] record(Map<Key, float[]> logps) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    for (var entry : logps.entrySet()) {
      out.writeUTF(entry.getKey().base());
      out.writeUTF(entry.getKey().tokens());
      out.writeInt(entry.getValue().length);
      for (float logp : entry.getValue()) {
        out.writeFloat(logp);
      }
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
