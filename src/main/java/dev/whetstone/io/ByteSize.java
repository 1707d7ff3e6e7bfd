package dev.whetstone.io;

import java.util.Locale;

/** A number of bytes as people read it, in powers of 1000 as disks and downloads are counted. */
public final class ByteSize {
  private static final long MB = 1_000_000;
  private static final long GB = 1000 * MB;

  private ByteSize() {}

  /** A size in MB, or in GB from 1 GB on, for example "491 MB". */
  public static String text(long bytes) {
    if (bytes >= GB) {
      return String.format(Locale.ROOT, "%.1f GB", (double) bytes / GB);
    }
    return String.format(
        Locale.ROOT, bytes >= 10 * MB ? "%.0f MB" : "%.1f MB", (double) bytes / MB);
  }
}
