package dev.whetstone.preference.trl;

/** A line of a file cannot be read as a pair; the message says why. */
public final class PairFormatException extends Exception {
  PairFormatException(String why) {
    super(why);
  }
}
