package dev.whetstone.dpo.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One run of the network over a micro-batch; owns the activations until it is closed. */
public final class Pass implements AutoCloseable {
  private final Network network;
  private final NDManager manager;
  private final Batch batch;
  private final boolean adapted;
  private final List<Block.Activations> kept = new ArrayList<>();
  private final List<NDArray> inputs = new ArrayList<>();
  private @Nullable NDArray last;
  private @Nullable NDArray directions;
  private double[] normalizers = {};
  private @Nullable TokenScores scores;

  Pass(Network network, List<Prompted> rows, boolean adapted, boolean gradient) {
    this.network = network;
    this.manager = network.manager().newSubManager();
    this.adapted = adapted;
    try {
      this.batch = network.batch(manager, rows);
      if (gradient) {
        this.scores = inTraining(() -> score(forward(true), true));
      } else {
        NDArray _ = forward(false);
      }
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private <T> T inTraining(Supplier<T> work) {
    return Products.in(network.settings().arithmetic(), work);
  }

  /** Scores of every completion token. */
  public TokenScores scores() {
    if (scores == null) {
      scores = score(Objects.requireNonNull(last), false);
    }
    return scores;
  }

  /** The last block's output. */
  private NDArray forward(boolean gradient) {
    NDArray ids = batch.ids(batch.layout().ids());
    NDArray x = Torch.rows(ids, network.embedding().array());
    boolean keep = gradient && !network.settings().recompute();
    for (Block block : network.blocks()) {
      if (keep) {
        Block.Activations activations = block.forward(manager, x, batch, adapted);
        kept.add(activations);
        x = activations.output();
      } else {
        NDArray y = output(block, x);
        if (gradient) {
          inputs.add(x);
        } else {
          x.close();
        }
        x = y;
      }
    }
    last = x;
    return x;
  }

  private NDArray output(Block block, NDArray x) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray y = block.forward(scope, x, batch, adapted).output();
      y.attach(manager);
      return y;
    }
  }

  private TokenScores score(NDArray x, boolean gradient) {
    try (NDManager scope = manager.newSubManager()) {
      x.tempAttach(scope);
      NDArray hidden = normed(scoredRows(scope, x));
      Head.Output output = network.head().forward(hidden, batch.layout().targets(), gradient);
      if (output.directions() != null) {
        directions = output.directions();
        directions.attach(manager);
        normalizers = output.normalizers();
      }
      return split(output.scores());
    }
  }

  private NDArray scoredRows(NDManager scope, NDArray x) {
    return Torch.rows(Torch.ids(scope, batch.layout().sources()), x);
  }

  private NDArray normed(NDArray rows) {
    return network.norm().forward(rows, network.norm().lengths(rows));
  }

  /** KL of this pass's distributions to those of another over the same rows. */
  float[][] divergences(Pass reference) {
    try (NDManager scope = manager.newSubManager()) {
      return cut(network.head().divergences(hidden(scope), reference.hidden(scope)));
    }
  }

  private NDArray hidden(NDManager scope) {
    NDArray x = Objects.requireNonNull(last);
    x.tempAttach(scope);
    return normed(scoredRows(scope, x));
  }

  /** Cuts flat scores into completions. */
  private TokenScores split(Head.Flat flat) {
    boolean[][] greedy = new boolean[batch.layout().lengths().length][];
    int from = 0;
    for (int i = 0; i < greedy.length; i++) {
      int to = from + batch.layout().lengths()[i];
      greedy[i] = Arrays.copyOfRange(flat.greedy(), from, to);
      from = to;
    }
    return new TokenScores(
        cut(flat.logps()), cut(flat.entropies()), cut(flat.collisions()), greedy);
  }

  private float[][] cut(float[] flat) {
    float[][] cut = new float[batch.layout().lengths().length][];
    int from = 0;
    for (int i = 0; i < cut.length; i++) {
      int to = from + batch.layout().lengths()[i];
      cut[i] = Arrays.copyOfRange(flat, from, to);
      from = to;
    }
    return cut;
  }

  /**
   * Adds the gradients of {@code Σ gradient * logp} to the parameters'. Once a pass.
   *
   * @param gradients d loss / d log-prob, in the shape of {@link TokenScores#logps}
   */
  public void backward(double[][] gradients) {
    float[] flat = flat(gradients);
    inTraining(() -> input(flat)).close();
  }

  /** Gradient of the embedded tokens, when all others are gathered. */
  private NDArray input(float[] gradients) {
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

  /** Gradient of the last block's output, {@code [tokens, hidden]}. */
  private NDArray headGradient(float[] gradients) {
    NDArray ways = directions;
    NDArray x = last;
    if (ways == null || x == null) {
      throw new IllegalStateException("the pass was not made for a backward pass, or had it");
    }
    try (NDManager scope = manager.newSubManager()) {
      x.tempAttach(scope);
      ways.tempAttach(scope);
      NDArray rows = scoredRows(scope, x);
      NDArray lengths = network.norm().lengths(rows);
      if (network.head().weight().trained()) {
        network.head().backward(normed(rows), batch.layout().targets(), gradients, normalizers);
      }
      NDArray dNormed = ways.muli(Torch.create(scope, gradients, gradients.length, 1));
      NDArray dRows = network.norm().backward(dNormed, rows, lengths);
      NDArray dx = scope.zeros(x.getShape(), DataType.FLOAT32);
      scatter(dRows, dx);
      dx.attach(manager);
      directions = null;
      return dx;
    }
  }

  /** Adds each scored row to its source; sources come in runs of neighbours. */
  private void scatter(NDArray rows, NDArray into) {
    int[] sources = batch.layout().sources();
    for (int from = 0; from < sources.length; ) {
      int to = from + 1;
      while (to < sources.length && sources[to] == sources[to - 1] + 1) {
        to++;
      }
      Torch.slice(into, 0, sources[from], sources[from] + to - from)
          .addi(Torch.slice(rows, 0, from, to));
      from = to;
    }
  }

  private NDArray blockGradient(int layer, NDArray dy) {
    Block block = network.blocks().get(layer);
    if (!network.settings().recompute()) {
      return block.backward(manager, dy, kept.get(layer), batch);
    }
    try (NDManager scope = manager.newSubManager()) {
      Block.Activations again = block.forward(scope, inputs.get(layer), batch, adapted);
      NDArray dx = block.backward(scope, dy, again, batch);
      dx.attach(manager);
      return dx;
    }
  }

  private void embeddingGradient(NDArray dx) {
    Weight embedding = network.embedding();
    if (!embedding.trained()) {
      return;
    }
    int[] ids = batch.layout().ids();
    int width = (int) dx.getShape().get(1);
    float[] values = new float[ids.length * width];
    Torch.read(dx).get(values);
    for (int token = 0; token < ids.length; token++) {
      embedding.accumulateRow(ids[token], values, token * width, width, 1);
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
