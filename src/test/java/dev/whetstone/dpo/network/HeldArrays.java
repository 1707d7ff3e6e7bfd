package dev.whetstone.dpo.network;

/** How many tensors a network holds; each has to be one of its weights. */
public final class HeldArrays {
  private HeldArrays() {}

  public static int of(Network network) {
    return network.manager().getManagedArrays().size();
  }
}
