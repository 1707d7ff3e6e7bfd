package dev.whetstone.database.server;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A lock on a file that many processes hold together, in whatever container they are; the operating
 * system ends it with its process. Callers hold the server's lock.
 */
final class SharedLock implements AutoCloseable {
  private final FileChannel channel;

  private SharedLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Takes part in the lock. */
  static SharedLock take(Path file) throws IOException {
    FileChannel channel = open(file);
    try {
      channel.tryLock(0, Long.MAX_VALUE, true);
    } catch (OverlappingFileLockException held) {
      // by this process, which is as good
    } catch (IOException | RuntimeException failed) {
      channel.close();
      throw failed;
    }
    return new SharedLock(channel);
  }

  /** Whether a process other than this one takes part. */
  static boolean isHeldByAnotherProcess(Path file) throws IOException {
    try (FileChannel channel = open(file)) {
      @Nullable FileLock alone = channel.tryLock();
      return alone == null;
    } catch (OverlappingFileLockException heldHere) {
      return false;
    }
  }

  private static FileChannel open(Path file) throws IOException {
    return FileChannel.open(
        file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
