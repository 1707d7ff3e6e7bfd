package dev.whetstone.engine;

import dev.whetstone.policy.Policy;

/** A request uses a version that is not staged, or is about to be released. */
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
