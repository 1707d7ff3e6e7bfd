package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.whetstone.dpo.torch.MatmulPrecision;
import dev.whetstone.dpo.torch.TorchOps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One run of the network over a micro-batch. Owns its activations until it is closed. */
public final class ForwardPass implements AutoCloseable {
  private final Network network;
  private final NDManager manager;
  private final MicroBatch batch;
  private final boolean adapted;
  private final List<Block.Activations> activations = new ArrayList<>();
  private final List<NDArray> inputs = new ArrayList<>();

  /** The last block's output, {@code [scored, hidden]}. */
  private @Nullable NDArray lastOutput;

  /** d logp / d hidden, {@code [scored, hidden]}; null if no backward pass is to run. */
  private @Nullable NDArray logProbGradients;

  private double[] logSumExps = {};
  private float[] targetSlopes = {};
  private @Nullable TokenScores scores;

  ForwardPass(Network network, List<PromptCompletions> rows, boolean adapted, boolean gradient) {
    this.network = network;
    this.manager = network.manager().newSubManager();
    this.adapted = adapted;
    try {
      this.batch = network.microBatch(manager, rows);
      if (gradient) {
        this.scores =
            withTrainingArithmetic(
                () -> {
                  forward(true);
                  return score(true);
                });
      } else {
        forward(false);
      }
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private <T> T withTrainingArithmetic(Supplier<T> work) {
    return MatmulPrecision.runWith(network.tensorArithmetic(), work);
  }

  /** Scores of every completion token. */
  public TokenScores scores() {
    if (scores == null) {
      scores = score(false);
    }
    return scores;
  }

  private void forward(boolean gradient) {
    NDArray x = network.embedded(manager, batch.layout().ids());
    boolean keep = gradient && !network.settings().recompute();
    for (int layer = 0; layer < network.blocks().size(); layer++) {
      if (keep) {
        Block.Activations block = run(layer, manager, x);
        activations.add(block);
        x = block.output();
      } else {
        NDArray y = output(layer, x);
        if (gradient) {
          inputs.add(x);
        } else {
          x.close();
        }
        x = y;
      }
    }
    lastOutput = x;
  }

  /** Runs a block; the last one only for the tokens that the head reads. */
  private Block.Activations run(int layer, NDManager owner, NDArray x) {
    boolean last = layer == network.blocks().size() - 1;
    Selection selection = last ? batch.scored() : Selection.ALL;
    return network.blocks().get(layer).forward(owner, x, selection, batch, adapted);
  }

  private NDArray output(int layer, NDArray x) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray y = run(layer, scope, x).output();
      y.attach(manager);
      return y;
    }
  }

  private TokenScores score(boolean gradient) {
    try (NDManager scope = manager.newSubManager()) {
      LmHead.Output output =
          network.head().forward(hidden(scope), batch.layout().targets(), gradient);
      if (output.logProbGradients() != null) {
        logProbGradients = output.logProbGradients();
        logProbGradients.attach(manager);
        logSumExps = output.logSumExps();
        targetSlopes = output.targetSlopes();
      }
      return split(output.scores());
    }
  }

  /** KL(this ‖ reference) in nats a token, for another pass over the same rows. */
  float[][] klDivergences(ForwardPass reference) {
    try (NDManager scope = manager.newSubManager()) {
      return byCompletion(network.head().klDivergences(hidden(scope), reference.hidden(scope)));
    }
  }

  /** The head's input, {@code [scored, hidden]}. */
  private NDArray hidden(NDManager scope) {
    NDArray x = Objects.requireNonNull(lastOutput);
    x.tempAttach(scope);
    return network.headInput(x);
  }

  /** Splits flat scores by completion. */
  private TokenScores split(LmHead.FlatScores flat) {
    boolean[][] greedy = new boolean[batch.layout().completionLengths().length][];
    int from = 0;
    for (int i = 0; i < greedy.length; i++) {
      int to = from + batch.layout().completionLengths()[i];
      greedy[i] = Arrays.copyOfRange(flat.greedy(), from, to);
      from = to;
    }
    return new TokenScores(
        byCompletion(flat.logps()),
        byCompletion(flat.entropies()),
        byCompletion(flat.logSumSquares()),
        greedy);
  }

  private float[][] byCompletion(float[] flat) {
    float[][] split = new float[batch.layout().completionLengths().length][];
    int from = 0;
    for (int i = 0; i < split.length; i++) {
      int to = from + batch.layout().completionLengths()[i];
      split[i] = Arrays.copyOfRange(flat, from, to);
      from = to;
    }
    return split;
  }

  /**
   * Adds the gradients of {@code Σ gradient * logp} to those of the parameters. Can be called once.
   *
   * @param gradients d loss / d log-prob, in the shape of {@link TokenScores#logps}
   * @throws IllegalStateException when the pass has no gradients, or was run backward already
   */
  public void backward(double[][] gradients) {
    float[] flat = flat(gradients);
    withTrainingArithmetic(() -> inputGradient(flat)).close();
  }

  /** Accumulates the gradients of all parameters; returns that of the embedded tokens. */
  private NDArray inputGradient(float[] gradients) {
    NDArray dx = headGradient(gradients);
    for (int layer = network.blocks().size() - 1; layer >= 0; layer--) {
      NDArray next = blockGradient(layer, dx);
      dx.close();
      dx = next;
    }
    embeddingGradient(dx);
    return dx;
  }

  private float[] flat(double[][] gradients) {
    float[] flat = new float[batch.layout().scored()];
    int to = 0;
    for (double[] completion : gradients) {
      for (double gradient : completion) {
        flat[to++] = (float) gradient;
      }
    }
    if (to != flat.length) {
      throw new IllegalArgumentException(to + " gradients for " + flat.length + " tokens");
    }
    return flat;
  }

  /** Gradient of the last block's output, {@code [scored, hidden]}. */
  private NDArray headGradient(float[] gradients) {
    NDArray dHidden = logProbGradients;
    NDArray x = lastOutput;
    if (dHidden == null || x == null) {
      throw new IllegalStateException(
          "the pass was created without gradients, or its backward pass has already run");
    }
    try (NDManager scope = manager.newSubManager()) {
      x.tempAttach(scope);
      dHidden.tempAttach(scope);
      NDArray rms = network.finalNorm().rms(x);
      if (network.head().weight().isTrained()) {
        network
            .head()
            .backward(
                network.headInput(x),
                batch.layout().targets(),
                gradients,
                logSumExps,
                targetSlopes);
      }
      NDArray dNormed = dHidden.muli(TorchOps.create(scope, gradients, gradients.length, 1));
      if (network.config().design().logitMultiplier() != 1) {
        dNormed.muli((float) network.config().design().logitMultiplier());
      }
      NDArray dx = network.finalNorm().backward(dNormed, x, rms);
      dx.attach(manager);
      logProbGradients = null;
      return dx;
    }
  }

  private NDArray blockGradient(int layer, NDArray dy) {
    Block block = network.blocks().get(layer);
    if (!network.settings().recompute()) {
      return block.backward(manager, dy, activations.get(layer), batch);
    }
    try (NDManager scope = manager.newSubManager()) {
      Block.Activations recomputed = run(layer, scope, inputs.get(layer));
      NDArray dx = block.backward(scope, dy, recomputed, batch);
      dx.attach(manager);
      return dx;
    }
  }

  private void embeddingGradient(NDArray dx) {
    Weight embedding = network.embedding();
    if (!embedding.isTrained()) {
      return;
    }
    int[] ids = batch.layout().ids();
    int width = (int) dx.getShape().get(1);
    float multiplier = (float) network.config().design().embeddingMultiplier();
    float[] values = new float[ids.length * width];
    TorchOps.read(dx).get(values);
    for (int token = 0; token < ids.length; token++) {
      embedding.accumulateRow(ids[token], values, token * width, width, multiplier);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
