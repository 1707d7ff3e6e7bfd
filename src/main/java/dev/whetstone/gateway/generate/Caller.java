package dev.whetstone.gateway.generate;

import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.Policy;
import org.jspecify.annotations.Nullable;

/**
 * Whose request it is, and so which versions it may name and see. Everyone but an operator knows
 * the champion and v0 only, by these names: which versions there are, which of them is the champion
 * and whether one is compared with it would tell the sides of a pair apart.
 *
 * @param keyId id of the API key of the request
 */
public record Caller(String keyId, boolean operator) {
  private static final String BASE = "v0";

  /**
   * The version that a request names; null means the champion.
   *
   * @throws ProblemException 403 for a name that is not this caller's, whether it exists or not
   * @throws dev.whetstone.policy.PolicyException when it does not exist or cannot be served
   */
  Policy policy(@Nullable String name, ServedModel model) {
    requireNameable(name);
    return model.policy(name);
  }

  /**
   * Checks a name.
   *
   * @throws ProblemException 403 for a name that is not this caller's, whether it exists or not
   */
  public void requireNameable(@Nullable String name) {
    if (!operator && name != null && !name.equals(Aliases.CHAMPION) && !name.equals(BASE)) {
      throw ProblemException.of(
          403, "forbidden", "only operators may name a model other than champion and v0");
    }
  }

  /** The name under which a version is shown to this caller, who asked for it by a name. */
  public String shownName(@Nullable String asked, Policy policy) {
    if (operator) {
      return policy.version();
    }
    return asked == null ? Aliases.CHAMPION : asked;
  }

  /** The hash that is shown for a version: one that changes with the champion is for operators. */
  public String shownHash(Policy policy, ServedModel model) {
    return operator ? policy.hash() : model.base().hash();
  }
}
