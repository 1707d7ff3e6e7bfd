package dev.whetstone.preference.trl;

/** TRL's formats of a preference pair ("Dataset formats and types" in TRL's documentation). */
public enum TrlFormat {
  /** {@code prompt}, {@code chosen} and {@code rejected} are texts: the standard format. */
  TEXT,
  /** They are lists of {@code role} and {@code content}: the conversational format. */
  MESSAGES
}
