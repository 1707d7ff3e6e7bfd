package dev.whetstone.preference;

/** A line of a file that cannot be imported, and why. */
final class BadLineException extends Exception {
  BadLineException(String why) {
    super(why);
  }
}
