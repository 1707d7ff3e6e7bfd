package dev.whetstone.models;

import java.io.IOException;
import java.util.List;

/** Tells a full disk from other failures, by what the system says. */
final class FullDisk {
  private static final List<String> SAID =
      List.of("No space left on device", "Disk quota exceeded", "File too large");

  private FullDisk() {}

  static boolean isReason(IOException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (isSaid(String.valueOf(cause.getMessage()))) {
        return true;
      }
    }
    return false;
  }

  static boolean isSaid(String text) {
    return SAID.stream().anyMatch(text::contains);
  }
}
