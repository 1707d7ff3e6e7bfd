package dev.whetstone.engine;

import dev.whetstone.policy.Policy;

/** A request names a version that is not staged, or no longer. */
public final class PolicyNotStagedException extends IllegalArgumentException {
  private final transient Policy policy;

  PolicyNotStagedException(Policy policy) {
    super("policy " + policy.version() + " is not staged");
    this.policy = policy;
  }

  public Policy policy() {
    return policy;
  }
}
