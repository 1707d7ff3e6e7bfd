package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.whetstone.dpo.torch.TorchOps;
import dev.whetstone.weights.DecoderDesign.Experts;
import dev.whetstone.weights.ModelConfig;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A sparse mixture of experts, whose weights are frozen: the tokens that ask for an expert are one
 * product with its weights.
 */
final class Mixture {
  /** The weights of an expert. */
  record Expert(Weight gateUp, Weight down) {}

  /**
   * The tokens that an expert was fed.
   *
   * @param slots of the routing
   * @param gateUp {@code [slots, 2 * inner]}
   * @param output before it is multiplied with the shares, {@code [slots, hidden]}
   */
  record Fed(Expert expert, int[] slots, NDArray gateUp, NDArray output) {}

  /** What the backward pass needs. */
  record Kept(Routing routing, List<Fed> fed) {
    Stream<NDArray> arrays() {
      return fed.stream().flatMap(group -> Stream.of(group.gateUp, group.output));
    }
  }

  /** The sum of the experts' outputs, {@code [tokens, hidden]}. */
  record Output(NDArray sum, Kept kept) {}

  private final Experts design;
  private final Weight router;
  private final List<Expert> experts;
  private final GatedActivation activation;

  Mixture(ModelConfig config, Weight router, List<Expert> experts) {
    this.design = Objects.requireNonNull(config.design().experts());
    this.router = router;
    this.experts = List.copyOf(experts);
    this.activation = new GatedActivation(config.design().activation(), config.intermediateSize());
  }

  /** Feeds tokens {@code [tokens, hidden]} to the experts they ask for. */
  Output forward(NDArray x) {
    NDManager manager = x.getManager();
    Routing routing = Routing.of(TorchOps.read(router.timesTransposed(x)), design);
    NDArray sum = manager.zeros(x.getShape());
    List<Fed> fed = new ArrayList<>();
    for (int i = 0; i < experts.size(); i++) {
      int[] slots = routing.slots(i);
      if (slots.length > 0) {
        Expert expert = experts.get(i);
        NDArray gateUp = expert.gateUp.timesTransposed(select(x, tokens(slots)));
        NDArray output = expert.down.timesTransposed(activation.forward(gateUp));
        NDArray weighted = output.mul(shares(manager, routing, slots));
        Selection.addRows(sum, weighted, tokens(slots));
        fed.add(new Fed(expert, slots, gateUp, output));
      }
    }
    return new Output(sum, new Kept(routing, fed));
  }

  private int[] tokens(int[] slots) {
    return Arrays.stream(slots).map(slot -> slot / design.chosen()).toArray();
  }

  private static NDArray select(NDArray rows, int[] tokens) {
    return TorchOps.indexSelect(rows, TorchOps.ids(rows.getManager(), tokens));
  }

  private static NDArray shares(NDManager manager, Routing routing, int[] slots) {
    float[] values = new float[slots.length];
    for (int i = 0; i < slots.length; i++) {
      values[i] = (float) routing.shares()[slots[i]];
    }
    return TorchOps.create(manager, values, slots.length, 1);
  }

  /**
   * The gradient of x. Overwrites what was kept.
   *
   * @param dSum gradient of the output
   */
  NDArray backward(NDArray dSum, Kept kept) {
    NDManager manager = dSum.getManager();
    Routing routing = kept.routing;
    double[] dShares = new double[routing.ids().length];
    NDArray dx = manager.zeros(dSum.getShape());
    for (Fed fed : kept.fed) {
      int[] tokens = tokens(fed.slots);
      NDArray dWeighted = select(dSum, tokens);
      FloatBuffer products = TorchOps.read(TorchOps.rowSums(dWeighted.mul(fed.output)));
      for (int slot : fed.slots) {
        dShares[slot] = products.get();
      }
      NDArray dOutput = dWeighted.muli(shares(manager, routing, fed.slots));
      GatedActivation.Activated activated = activation.recompute(fed.gateUp);
      NDArray dGateUp = activation.backward(fed.expert.down.times(dOutput), fed.gateUp, activated);
      Selection.addRows(dx, fed.expert.gateUp.times(dGateUp), tokens);
    }
    Shape scores = new Shape(dSum.getShape().get(0), design.count());
    NDArray dScores = TorchOps.create(manager, routing.backward(dShares), scores.getShape());
    return dx.addi(router.times(dScores));
  }
}
