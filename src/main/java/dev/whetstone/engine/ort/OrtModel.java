package dev.whetstone.engine.ort;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.engine.runner.ModelRunner;
import dev.whetstone.lora.AdapterInput;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.policy.Policy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model on ONNX Runtime: one session that decodes, one that prefills (it may be the same), and
 * one KV cache for both.
 */
public final class OrtModel implements ModelRunner {
  private final OrtEnvironment environment;
  private final OrtSession decodeSession;
  private final OrtSession prefillSession;
  private final GraphShape shape;
  private final int slots;
  private final int slotLength;
  private final KvCache kv;
  private final LoraCache adapters;
  private final LogitBuffer logits;
  private @Nullable LastInputs lastInputs;

  private OrtModel(
      OrtEnvironment environment,
      OrtSession decodeSession,
      OrtSession prefillSession,
      OrtSettings settings)
      throws OrtException {
    this.environment = environment;
    this.decodeSession = decodeSession;
    this.prefillSession = prefillSession;
    this.shape = GraphShape.of(decodeSession);
    this.slots = settings.slots();
    this.slotLength = Math.min(settings.slotLength(), shape.context());
    this.kv = new KvCache(environment, shape, slots, slotLength);
    this.adapters = new LoraCache(environment, shape);
    this.logits = new LogitBuffer(environment, shape.vocabulary());
  }

  /**
   * Loads the graphs and reserves the KV cache.
   *
   * @throws IllegalStateException when the runtime cannot load or run them
   */
  public static OrtModel open(OrtSettings settings) {
    try {
      OrtEnvironment environment = OrtSessions.environment(settings.threads());
      OrtSession decodeSession = OrtSessions.open(environment, settings.decodeGraph(), settings);
      OrtSession prefillSession =
          settings.prefillGraph() == null
              ? decodeSession
              : OrtSessions.open(environment, settings.prefillGraph(), settings);
      return new OrtModel(environment, decodeSession, prefillSession, settings);
    } catch (OrtException e) {
      throw new IllegalStateException(
          "ONNX Runtime cannot load " + settings.decodeGraph() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public int vocabularySize() {
    return shape.vocabulary();
  }

  @Override
  public int slots() {
    return slots;
  }

  @Override
  public int slotLength() {
    return slotLength;
  }

  @Override
  public int kvBytesPerToken() {
    return kv.bytesPerToken();
  }

  @Override
  public String baseHash() {
    return shape.baseHash();
  }

  @Override
  public void prepare(Policy policy) {
    try {
      adapters.prepare(policy);
    } catch (OrtException e) {
      throw new IllegalStateException("cannot prepare version " + policy.version(), e);
    }
  }

  @Override
  public void stage(Policy policy) {
    try {
      adapters.stage(policy);
    } catch (OrtException e) {
      throw new IllegalStateException("cannot stage version " + policy.version(), e);
    }
  }

  @Override
  public void release(Policy policy) {
    adapters.release(policy);
  }

  /**
   * The LoRA inputs of a run in which every row uses one version; any thread.
   *
   * @return by input name, including {@code rank_mask} {@code [1, R]} with R the padded rank
   * @throws IllegalArgumentException when the adapter does not fit
   */
  public Map<String, AdapterInput> adapterInputs(Policy policy) {
    LoraAdapter adapter = policy.adapter();
    if (adapter != null) {
      AdapterValidator.check(adapter, shape);
    }
    RankLayout layout = RankLayout.of(List.of(policy)).orPadding();
    try (StackedLora stack = new StackedLora(environment, shape, layout);
        OnnxTensor mask = rankMask(stack, List.of(policy))) {
      Map<String, AdapterInput> inputs = new HashMap<>();
      stack.tensors().forEach((name, tensor) -> inputs.put(name, copy(tensor)));
      inputs.put("rank_mask", copy(mask));
      return inputs;
    } catch (OrtException e) {
      throw new IllegalStateException(
          "cannot build the LoRA inputs of version " + policy.version(), e);
    }
  }

  private static AdapterInput copy(OnnxTensor tensor) {
    FloatBuffer values = tensor.getFloatBuffer();
    float[] copied = new float[values.remaining()];
    values.get(copied);
    return new AdapterInput(copied, tensor.getInfo().getShape());
  }

  @Override
  public FloatBuffer run(Batch batch) {
    try {
      return switch (batch) {
        case Batch.Prefill prefill -> prefill(prefill);
        case Batch.Decode decode -> decode(decode);
      };
    } catch (OrtException e) {
      throw new IllegalStateException("the model run failed: " + e.getMessage(), e);
    }
  }

  private FloatBuffer prefill(Batch.Prefill prefill) throws OrtException {
    int length = prefill.tokens().length;
    int end = prefill.computedTokens() + length;
    if (end > slotLength) {
      throw new IllegalArgumentException(end + " tokens do not fit a slot of " + slotLength);
    }
    RunInputs inputs =
        new RunInputs(
            prefill.tokens(),
            new long[] {1, length},
            new int[] {end - 1},
            prefill.logitRows(),
            List.of(prefill.policy()));
    return run(prefillSession, inputs, kv.view(prefill.slot(), 1));
  }

  private FloatBuffer decode(Batch.Decode decode) throws OrtException {
    int rows = decode.tokens().length;
    RunInputs inputs =
        new RunInputs(
            decode.tokens(),
            new long[] {rows, 1},
            decode.computedTokens(),
            IntStream.range(0, rows).toArray(),
            decode.policies());
    return run(decodeSession, inputs, kv.view(0, rows));
  }

  /**
   * The inputs of a run.
   *
   * @param lastPositions last position of each row: the graph's input {@code seqlens_k}
   * @param policies one version a row of a decode run, one for all of a prefill
   */
  private record RunInputs(
      int[] tokens, long[] shape, int[] lastPositions, int[] logitRows, List<Policy> policies) {}

  private FloatBuffer run(OrtSession session, RunInputs in, KvCache.View view) throws OrtException {
    StackedLora stack = adapters.stack(in.policies());
    int total = IntStream.of(in.lastPositions()).max().orElseThrow() + 1;
    try (OnnxTensor ids = longs(in.tokens(), in.shape());
        OnnxTensor lengths = ints(in.lastPositions(), in.lastPositions().length);
        OnnxTensor totalLength = ints(new int[] {total});
        OnnxTensor rows = longs(in.logitRows(), new long[] {in.logitRows().length});
        OnnxTensor mask = rankMask(stack, in.policies())) {
      Map<String, OnnxTensor> inputs = inputs(stack, view);
      inputs.put("input_ids", ids);
      inputs.put("seqlens_k", lengths);
      inputs.put("total_sequence_length", totalLength);
      inputs.put("logit_rows", rows);
      inputs.put("rank_mask", mask);
      Map<String, OnnxTensor> outputs = new HashMap<>(view.present());
      int rowCount = in.logitRows().length;
      if (rowCount > 0) {
        outputs.put("logits", logits.tensor(rowCount));
      }
      session.run(inputs, Set.of(), outputs).close();
      return logits.values(rowCount);
    }
  }

  /** Inputs of the last run, reused because most of the several hundred rarely change. */
  private record LastInputs(StackedLora stack, KvCache.View view, Map<String, OnnxTensor> all) {}

  private Map<String, OnnxTensor> inputs(StackedLora stack, KvCache.View view) {
    LastInputs last = lastInputs;
    if (last == null || last.stack() != stack || last.view() != view) {
      last = new LastInputs(stack, view, new HashMap<>(view.past()));
      last.all().putAll(stack.tensors());
      lastInputs = last;
    }
    return last.all();
  }

  private OnnxTensor rankMask(StackedLora stack, List<Policy> policies) throws OrtException {
    int rank = stack.rank();
    FloatBuffer values =
        ByteBuffer.allocateDirect(Math.max(1, policies.size() * rank) * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer()
            .limit(policies.size() * rank);
    for (int row = 0; row < policies.size(); row++) {
      stack.writeMask(policies.get(row), values, row);
    }
    return OnnxTensor.createTensor(environment, values, new long[] {policies.size(), rank});
  }

  private OnnxTensor longs(int[] values, long[] dimensions) throws OrtException {
    LongBuffer buffer = LongBuffer.wrap(IntStream.of(values).asLongStream().toArray());
    return OnnxTensor.createTensor(environment, buffer, dimensions);
  }

  private OnnxTensor ints(int[] values, long... dimensions) throws OrtException {
    return OnnxTensor.createTensor(environment, IntBuffer.wrap(values), dimensions);
  }

  @Override
  public void copySlot(int from, int to, int tokens) {
    kv.copy(from, to, tokens);
  }

  @Override
  public void clearSlot(int slot) {
    kv.releasePages(slot);
  }

  @Override
  public void saveKv(int slot, int start, int end, ByteBuffer target) {
    kv.save(slot, start, end, target);
  }

  @Override
  public void restoreKv(int slot, int start, int end, ByteBuffer source) {
    kv.restore(slot, start, end, source);
  }

  @Override
  public void close() {
    try (kv;
        adapters;
        logits) {
      decodeSession.close();
      if (prefillSession != decodeSession) {
        prefillSession.close();
      }
    } catch (OrtException e) {
      throw new IllegalStateException("cannot close the model", e);
    }
  }
}
