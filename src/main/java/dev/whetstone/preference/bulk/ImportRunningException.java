package dev.whetstone.preference.bulk;

/** Another import is under way; two at once could not tell each other's lines from their own. */
public final class ImportRunningException extends RuntimeException {
  ImportRunningException() {
    super("another import is under way");
  }
}
