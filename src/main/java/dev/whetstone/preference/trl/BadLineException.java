package dev.whetstone.preference.trl;

/** A line of a file that cannot be read as a pair, and why. */
public final class BadLineException extends Exception {
  BadLineException(String why) {
    super(why);
  }
}
