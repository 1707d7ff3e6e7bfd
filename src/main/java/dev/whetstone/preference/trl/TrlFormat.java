package dev.whetstone.preference.trl;

/** How TRL's preference sets spell a pair ("Dataset formats and types" in TRL's documentation). */
public enum TrlFormat {
  /** {@code prompt}, {@code chosen} and {@code rejected} are texts: the standard format. */
  TEXT,
  /** They are lists of {@code role} and {@code content}: the conversational format. */
  MESSAGES
}
