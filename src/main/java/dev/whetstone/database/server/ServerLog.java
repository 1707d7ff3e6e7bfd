package dev.whetstone.database.server;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The log of an embedded server, which PostgreSQL appends to as long as it runs. {@code log.1}
 * holds the end of what was before.
 */
public final class ServerLog {
  private static final int TAIL = 1 << 16;

  /** A line that ends a server: of its log, or of its program before it can log. */
  private static final Pattern LAST_WORD = Pattern.compile("(?:FATAL|PANIC|^postgres): .*");

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

  /** Bytes; 0 where there is no log yet. */
  long size() throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }

  /**
   * PostgreSQL's own last word on why it does not run; null where it said nothing.
   *
   * @param since how large the log was before, so that an earlier failure is not told again
   */
  @Nullable String lastWord(long since) throws IOException {
    long size = size();
    if (size == 0) {
      return null;
    }
    byte[] end;
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
      log.seek(Math.max(since <= size ? since : 0, size - TAIL));
      end = new byte[(int) (size - log.getFilePointer())];
      log.readFully(end);
    }
    return new String(end, StandardCharsets.UTF_8)
        .lines()
        .map(LAST_WORD::matcher)
        .filter(Matcher::find)
        .map(Matcher::group)
        .reduce((first, second) -> second)
        .orElse(null);
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
