package dev.whetstone.security;

import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.Labelled;
import java.util.Set;

/** What a key may do. An operator key may also do what chat and rater keys may. */
public enum Role implements Labelled {
  CHAT,
  RATER,
  OPERATOR,
  TRAINER;

  /** Names for {@code @RolesAllowed}. */
  public static final String CHAT_ROLE = "chat";

  public static final String RATER_ROLE = "rater";
  public static final String OPERATOR_ROLE = "operator";
  public static final String TRAINER_ROLE = "trainer";

  /**
   * The role with a name, as in {@code chat}.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static Role of(String label) {
    return EnumNames.find(label, values())
        .orElseThrow(() -> new IllegalArgumentException("there is no role " + label));
  }

  /** All roles that a key of this role has. */
  public Set<String> grants() {
    return switch (this) {
      case CHAT, RATER, TRAINER -> Set.of(label());
      case OPERATOR -> Set.of(CHAT_ROLE, RATER_ROLE, OPERATOR_ROLE);
    };
  }
}
