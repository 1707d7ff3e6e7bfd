package dev.whetstone.preference;

import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.Labelled;
import org.jspecify.annotations.Nullable;

/** Why a vote or rating is neither trained on nor counted; the views judged_* say which. */
public enum Unusable implements Labelled {
  /** The request, its user or key, or the voter lets nothing be learned. */
  NO_CONSENT,
  TIE,
  BOTH_BAD,
  /** An answer was cancelled or failed. */
  UNFINISHED,
  IDENTICAL,
  EMPTY,
  LOGIT_BIAS,
  STOP,
  PENALTY,
  GRAMMAR,
  DETERMINISTIC,
  /** A chat key can put the begin of a raw prompt into the model's mouth. */
  RAW_PROMPT,
  WEIGHT,
  /** An operator took it, its voter or a tag of it out. */
  EXCLUDED,
  /** A reason that a newer build than this one gave the schema. */
  OTHER;

  /** The reason that a view gives; null where there is none. */
  public static @Nullable Unusable ofStored(@Nullable String name) {
    return name == null ? null : EnumNames.find(name, values()).orElse(OTHER);
  }

  /** The label of a reason; null where there is none. */
  public static @Nullable String labelOf(@Nullable Unusable reason) {
    return reason == null ? null : reason.label();
  }
}
