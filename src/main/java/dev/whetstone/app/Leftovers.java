package dev.whetstone.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Files below a home that a killed process left unfinished: nobody writes to them any more. */
final class Leftovers {
  private static final Logger LOG = Logger.getLogger(Leftovers.class);
  // an upload that makes no progress is ended after seconds
  private static final Duration UNTOUCHED = Duration.ofHours(1);
  private static final int DEPTH = 2;

  private Leftovers() {}

  /** Deletes uploads, and adapters whose writing broke off, that nobody touched for an hour. */
  static void delete(Path home, Instant now) {
    int deleted =
        delete(home.resolve("uploads"), _ -> true, now)
            + delete(home.resolve("policies"), name -> name.endsWith(".part"), now);
    if (deleted > 0) {
      LOG.infof("%d files that a killed process had left below %s were deleted", deleted, home);
    }
  }

  private static int delete(Path folder, Predicate<String> wanted, Instant now) {
    int deleted = 0;
    try (Stream<Path> files =
        Files.isDirectory(folder) ? Files.walk(folder, DEPTH) : Stream.<Path>empty()) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (wanted.test(file.getFileName().toString())
            && Files.getLastModifiedTime(file).toInstant().isBefore(now.minus(UNTOUCHED))) {
          deleted += Files.deleteIfExists(file) ? 1 : 0;
        }
      }
    } catch (IOException | UncheckedIOException failed) {
      LOG.warnf("leftovers in %s could not be deleted: %s", folder, failed.getMessage());
    }
    return deleted;
  }
}
