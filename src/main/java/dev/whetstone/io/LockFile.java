package dev.whetstone.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/** A lock that processes, and threads of one process, take on a file; it ends with its process. */
public final class LockFile implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(50);

  private final FileChannel channel;

  private LockFile(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Waits for the lock, and creates the file where it is missing.
   *
   * @throws IOException also when the thread is interrupted while it waits
   */
  public static LockFile acquire(Path file) throws IOException {
    return acquire(file, () -> {});
  }

  /**
   * Waits for the lock, and creates the file where it is missing.
   *
   * @param onWait is run once if another process or thread holds the lock
   * @throws IOException also when the thread is interrupted while it waits
   */
  public static LockFile acquire(Path file, Runnable onWait) throws IOException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (!tryLock(channel)) {
        onWait.run();
        lock(channel, file);
      }
      return new LockFile(channel);
    } catch (IOException | RuntimeException failed) {
      channel.close();
      throw failed;
    }
  }

  // Polls, because within one process Java refuses a second lock of a file instead of waiting.
  private static void lock(FileChannel channel, Path file) throws IOException {
    while (!tryLock(channel)) {
      try {
        Thread.sleep(POLL);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while another holds " + file, interrupted);
      }
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException heldByThread) {
      return false;
    }
  }

  /** Releases the lock, which belongs to the channel. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
