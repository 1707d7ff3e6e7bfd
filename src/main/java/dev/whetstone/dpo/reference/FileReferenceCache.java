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
 * Reference log-probs of one run in an append-only file of records: length, CRC-32, then for each
 * completion its key and values. Opening the file cuts off a last record that a crash left
 * incomplete.
 */
public final class FileReferenceCache implements ReferenceCache, AutoCloseable {
  private static final int HEADER = 2 * Integer.BYTES;

  private final FileChannel channel;
  private final Map<Key, float[]> entries = new HashMap<>();

  private FileReferenceCache(FileChannel channel) {
    this.channel = channel;
  }

  /** Opens or creates the file and reads all its records. */
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
    for (byte[] record; (record = readRecord(end)) != null; end += HEADER + record.length) {
      decode(record);
    }
    channel.truncate(end);
    channel.position(end);
  }

  /** The record at an offset; null when there is no complete one. */
  private byte @Nullable [] readRecord(long at) throws IOException {
    long remaining = channel.size() - at - HEADER;
    if (remaining < 0) {
      return null;
    }
    ByteBuffer header = readFully(at, HEADER);
    int length = header.getInt();
    int checksum = header.getInt();
    if (length < 0 || length > remaining) {
      return null;
    }
    byte[] record = readFully(at + HEADER, length).array();
    return checksum == checksum(record) ? record : null;
  }

  private ByteBuffer readFully(long at, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, at + buffer.position()) < 0) {
        throw new IOException(
            "the file of reference log-probs became shorter while it was being read");
      }
    }
    return buffer.flip();
  }

  private void decode(byte[] record) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(record));
    while (in.available() > 0) {
      Key key = new Key(in.readUTF(), in.readUTF());
      float[] logps = new float[in.readInt()];
      for (int i = 0; i < logps.length; i++) {
        logps[i] = in.readFloat();
      }
      entries.put(key, logps);
    }
  }

  private static int checksum(byte[] record) {
    CRC32 crc = new CRC32();
    crc.update(record);
    return (int) crc.getValue();
  }

  @Override
  public Map<Key, float[]> find(Collection<Key> keys) {
    Map<Key, float[]> found = new HashMap<>();
    for (Key key : keys) {
      float[] logps = entries.get(key);
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
      byte[] record = encode(logps);
      ByteBuffer whole = ByteBuffer.allocate(HEADER + record.length);
      whole.putInt(record.length).putInt(checksum(record)).put(record).flip();
      while (whole.hasRemaining()) {
        channel.write(whole);
      }
      channel.force(false);
      entries.putAll(logps);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the run's file of reference log-probs", e);
    }
  }

  private static byte[] encode(Map<Key, float[]> logps) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    for (var entry : logps.entrySet()) {
      out.writeUTF(entry.getKey().baseHash());
      out.writeUTF(entry.getKey().tokensHash());
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
