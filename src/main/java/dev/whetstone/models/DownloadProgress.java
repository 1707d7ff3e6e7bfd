package dev.whetstone.models;

import dev.whetstone.io.ByteSize;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;

/** Shows how much of a file is here, and how fast it comes. */
final class DownloadProgress {
  private static final double MB = 1e6;

  private final ImportProgress out;
  private final InstantSource clock;
  private final long total;
  private final long before;
  private final Instant begun;
  private Instant shown;
  private long last = -1;

  /**
   * Begins to measure.
   *
   * @param before bytes that are here already
   */
  DownloadProgress(ImportProgress out, InstantSource clock, long total, long before) {
    this.out = out;
    this.clock = clock;
    this.total = total;
    this.before = before;
    this.begun = clock.instant();
    this.shown = begun;
  }

  /** Tells how many bytes are here now. */
  void at(long bytes) {
    Instant now = clock.instant();
    boolean whole = bytes == total;
    boolean told = bytes == last;
    last = bytes;
    if (whole ? told : Duration.between(shown, now).compareTo(out.interval()) < 0) {
      return;
    }
    shown = now;
    double seconds = Math.max(1e-3, Duration.between(begun, now).toMillis() / 1e3);
    out.renew(
        String.format(
            Locale.ROOT,
            "  %s (%d %%), %.1f MB/s",
            ofTotal(bytes, total),
            total == 0 ? 100 : 100 * bytes / total,
            Math.max(0, bytes - before) / MB / seconds));
  }

  /** For example "171 of 491 MB". */
  static String ofTotal(long bytes, long total) {
    return String.format(Locale.ROOT, "%.0f of %s", Math.floor(bytes / MB), ByteSize.text(total));
  }
}
