package dev.whetstone.database.server;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * The log of an embedded server, which PostgreSQL appends to as long as it runs. {@code log.1}
 * holds the end of what was before.
 */
public final class ServerLog {
  private final Path file;

  /**
   * @param directory of the embedded server
   */
  public ServerLog(Path directory) {
    this.file = directory.resolve("log");
  }

  Path file() {
    return file;
  }

  /**
   * Begins the log anew where it is larger than some bytes; keeps that many of its end aside. What
   * the server writes between the copy and the cut is lost.
   */
  public void bound(long maxBytes) throws IOException {
    if (!Files.exists(file) || Files.size(file) <= maxBytes) {
      return;
    }
    Path aside = file.resolveSibling("log.part");
    try (FileChannel log =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileChannel kept =
            FileChannel.open(
                aside,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      long size = log.size();
      log.transferTo(Math.max(0, size - maxBytes), Math.min(size, maxBytes), kept);
      log.truncate(0);
    }
    Files.move(aside, file.resolveSibling("log.1"), StandardCopyOption.REPLACE_EXISTING);
  }
}
