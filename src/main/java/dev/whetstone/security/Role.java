package dev.whetstone.security;

import java.util.Locale;
import java.util.Set;

/** What a key may do. An operator may also do what chat and rater keys may. */
public enum Role {
  CHAT,
  RATER,
  OPERATOR,
  TRAINER;

  /** Names for {@code @RolesAllowed}. */
  public static final String CHAT_ROLE = "chat";

  public static final String RATER_ROLE = "rater";
  public static final String OPERATOR_ROLE = "operator";
  public static final String TRAINER_ROLE = "trainer";

  /** Its name in keys, JSON and annotations. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The role of a name, as in {@code chat}. */
  public static Role of(String label) {
    for (Role role : values()) {
      if (role.label().equals(label)) {
        return role;
      }
    }
    throw new IllegalArgumentException("there is no role " + label);
  }

  /** Every role a key of this role acts in. */
  public Set<String> grants() {
    return switch (this) {
      case CHAT, RATER, TRAINER -> Set.of(label());
      case OPERATOR -> Set.of(CHAT_ROLE, RATER_ROLE, OPERATOR_ROLE);
    };
  }
}
