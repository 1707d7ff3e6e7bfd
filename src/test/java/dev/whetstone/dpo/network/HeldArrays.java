package dev.whetstone.dpo.network;

/** Counts the tensors that a network holds: between passes, only its weights. */
public final class HeldArrays {
  private HeldArrays() {}

  public static int of(Network network) {
    return network.manager().getManagedArrays().size();
  }
}
