package dev.whetstone.preference.trl;

/** A line of a file that cannot be read as a pair, and why. */
public final class PairFormatException extends Exception {
  PairFormatException(String why) {
    super(why);
  }
}
