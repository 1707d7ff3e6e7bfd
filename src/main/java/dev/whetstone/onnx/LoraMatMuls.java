package dev.whetstone.onnx;

import dev.whetstone.lora.LoraTarget;
import dev.whetstone.onnx.proto.TensorProto.DataType;
import dev.whetstone.weights.ModelConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The LoRA products {@code (mask * (x A)) B} of a graph (Hu et al. 2021, section 4.1). Their
 * factors are inputs of each run: {@code lora.L.SITE.a [modules, R, in]}, or {@code [2, R / 2, in]}
 * for a single module, and {@code lora.L.SITE.b [blocks, R, width]} with B times its scale, its
 * columns cut into blocks of equal width.
 */
final class LoraMatMuls {
  /** How rows are multiplied with the factors. */
  enum RowMode {
    /**
     * One product per row, so that its bits depend neither on the number of other rows nor on the
     * ranks of their versions. A product of one row uses one core and reads its factors unpacked;
     * modules and blocks are separate products, so that all cores are used.
     */
    PER_ROW,

    /**
     * All rows in one product, which is faster for the many rows of a prompt. Its bits do not
     * depend on the number of rows either: the runtime cuts a sum over many values where the number
     * of columns that a thread computes says so, hence products of {@value #COLUMNS} columns, which
     * no thread shares; and a single row takes another way through the runtime unless the product
     * is scaled, hence a factor of two and its inverse, which are exact.
     */
    BATCHED
  }

  /** Columns of a product over which the runtime's threads never divide its sums differently. */
  private static final int COLUMNS = 16;

  private static final String ROW = "lora_row_axes";
  private static final String OWNERS = "lora_block_owners";
  private static final String SELECTION = "lora_qkv_columns";

  private final GraphBuilder graph;
  private final ModelConfig config;
  private final RowMode mode;

  LoraMatMuls(GraphBuilder graph, ModelConfig config, RowMode mode) {
    this.graph = graph;
    this.config = config;
    this.mode = mode;
  }

  /** Declares the rank mask and the constants that all layers share. */
  void declare() {
    graph.input("rank_mask", DataType.FLOAT, GraphBuilder.shape("mask_rows", "rank"));
    switch (mode) {
      case PER_ROW -> {
        graph.constant(ROW, 1, 2);
        graph.constant("lora_joined", 0, 1, 1, -1);
        graph.node("rank_row", "Unsqueeze", List.of("rank_mask", ROW), Map.of());
        for (LoraTarget site : LoraTarget.of(config)) {
          repeat("rank_row", site.parts(), mask(site));
        }
        graph.constant(OWNERS, owners());
      }
      case BATCHED -> {
        declareRankBlocks();
        for (LoraTarget site : LoraTarget.of(config)) {
          int modules = site.modules().size();
          rankBlocks(site, modules);
          long blocks = site == LoraTarget.GATE_UP ? 1 : site.blocks(config);
          graph.constant("lora_out." + site, -1, blocks * blockWidth(site));
          repeat("rank_mask", modules, mask(site));
        }
        selectColumns();
      }
    }
  }

  /** The ranks of a module in blocks: 0, 8 or a multiple of {@value #COLUMNS} of them. */
  private void declareRankBlocks() {
    graph.constant("lora_one", 1);
    graph.constant("lora_columns", COLUMNS);
    graph.node("lora_ranks", "Shape", List.of("rank_mask"), Map.of("start", 1));
    graph.node("lora_width", "Min", List.of("lora_ranks", "lora_columns"), Map.of());
    graph.node("lora_whole", "Div", List.of("lora_ranks", "lora_columns"), Map.of());
    graph.node("lora_blocks", "Max", List.of("lora_whole", "lora_one"), Map.of());
  }

  /** The shape of A in blocks, {@code [blocks, width, in]}. */
  private void rankBlocks(LoraTarget site, int modules) {
    String blocks = "lora_blocks." + site;
    graph.constant(blocks + ".modules", modules);
    graph.constant(blocks + ".in", site.inputSize(config));
    graph.node(blocks, "Mul", List.of("lora_blocks", blocks + ".modules"), Map.of());
    graph.node(
        "lora_in." + site,
        "Concat",
        List.of(blocks, "lora_width", blocks + ".in"),
        Map.of("axis", 0));
  }

  /** The module of QKV that each block belongs to. */
  private long[] owners() {
    long[] owners = new long[LoraTarget.QKV.blocks(config)];
    owners[owners.length - 2] = 1;
    owners[owners.length - 1] = 2;
    return owners;
  }

  /** {@code [modules, 1, out]}: ones where an output of QKV belongs to a module. */
  private void selectColumns() {
    long[] owners = owners();
    int width = blockWidth(LoraTarget.QKV);
    int out = owners.length * width;
    float[] ones = new float[3 * out];
    for (int block = 0; block < owners.length; block++) {
      int start = (int) owners[block] * out + block * width;
      Arrays.fill(ones, start, start + width, 1);
    }
    graph.floats(SELECTION, ones, 3, 1, out);
  }

  private void repeat(String mask, int times, String as) {
    graph.node(as, "Concat", Collections.nCopies(times, mask), Map.of("axis", 1));
  }

  /**
   * The mask that a site's {@code x A} is multiplied with: {@code [rows, parts, 1, R]} per row,
   * else {@code [rows, modules * R]}. Per row and with R = 0 the runtime's product loses the parts
   * dimension, which the mask restores.
   */
  private static String mask(LoraTarget site) {
    return "rank_mask." + site;
  }

  private int blockWidth(LoraTarget site) {
    return site.outputSize(config) / site.blocks(config);
  }

  private String declareA(LoraTarget site, int layer) {
    Object[] shape = {
      site.parts(), site.splitsRanks() ? "half_rank" : "rank", site.inputSize(config)
    };
    return graph.input(site.inputA(layer), DataType.FLOAT, GraphBuilder.shape(shape));
  }

  private String declareB(LoraTarget site, int layer) {
    Object[] shape = {site.blocks(config), "rank", blockWidth(site)};
    return graph.input(site.inputB(layer), DataType.FLOAT, GraphBuilder.shape(shape));
  }

  /** Adds the LoRA products of all modules of a site to {@code base [N, out]}. */
  String add(LoraTarget site, int layer, String input, String base) {
    String name = site.nodePrefix(layer);
    String masked = maskedXA(site, layer, input);
    String b = declareB(site, layer);
    return switch (mode) {
      case PER_ROW -> {
        if (site.blocks(config) > site.parts()) {
          masked =
              graph.node(
                  name + ".lora_shared", "Gather", List.of(masked, OWNERS), Map.of("axis", 1));
        }
        String product = graph.node(name + ".lora_b", "MatMul", List.of(masked, b), Map.of());
        String row = graph.node(name + ".lora_row", "Flatten", List.of(product), Map.of());
        yield graph.node(name + ".lora", "Add", List.of(base, row), Map.of());
      }
      case BATCHED -> {
        String columns =
            graph.node(
                name + ".lora_columns",
                "Transpose",
                List.of(b),
                Map.of("perm", new long[] {1, 0, 2}));
        String wide = reshape(name + ".lora_wide", columns, "lora_out." + site);
        if (site == LoraTarget.QKV) {
          String apart =
              graph.node(name + ".lora_apart", "Mul", List.of(wide, SELECTION), Map.of());
          wide = reshape(name + ".lora_b", apart, "lora_out." + site);
        }
        yield unscaled(name + ".lora", masked, wide, base);
      }
    };
  }

  /**
   * Like {@link #add}, for gate and up separately: if they were stacked, half of B would be zeros.
   *
   * @param bases products with the base weights of each module
   */
  List<String> addSplit(LoraTarget site, int layer, String input, List<String> bases) {
    String name = site.nodePrefix(layer);
    List<String> modules = site.modules();
    String masked = maskedXA(site, layer, input);
    List<String> downs = split(name + ".lora_split", masked, modules, -1);
    List<String> ups = split(name + ".lora_blocks", declareB(site, layer), modules, 0);
    List<String> sums = new ArrayList<>();
    for (int m = 0; m < modules.size(); m++) {
      String part = name + "." + modules.get(m);
      String b = reshape(part + ".lora_b", ups.get(m), "lora_out." + site);
      sums.add(unscaled(part + ".lora", downs.get(m), b, bases.get(m)));
    }
    return sums;
  }

  /** Adds {@code masked B / 2 + base}: {@code masked} is twice {@code mask * (x A)}. */
  private String unscaled(String name, String masked, String b, String base) {
    return graph.node(name, "Gemm", List.of(masked, b, base), Map.of("alpha", 0.5f));
  }

  private List<String> split(String name, String input, List<String> modules, int axis) {
    List<String> parts = modules.stream().map(module -> name + "." + module).toList();
    graph.node(name, "Split", "", List.of(input), parts, Map.of("axis", axis));
    return parts;
  }

  private String reshape(String name, String input, String shape) {
    return graph.node(name, "Reshape", List.of(input, shape), Map.of());
  }

  /**
   * Adds {@code mask * (x A)}: {@code [N, parts, 1, R]} per row, else twice that, {@code [N,
   * modules * R]}.
   */
  private String maskedXA(LoraTarget site, int layer, String input) {
    String name = site.nodePrefix(layer);
    String a = declareA(site, layer);
    String down = name + ".lora_a";
    String mask =
        switch (mode) {
          case PER_ROW -> {
            String row = graph.node(name + ".lora_in", "Unsqueeze", List.of(input, ROW), Map.of());
            graph.node(
                down,
                "FusedMatMul",
                GraphBuilder.MICROSOFT,
                List.of(row, a),
                List.of(down),
                Map.of("transB", 1));
            if (site.splitsRanks()) {
              down = reshape(name + ".lora_joined", down, "lora_joined");
            }
            yield mask(site);
          }
          case BATCHED -> {
            String blocks = reshape(name + ".lora_a_blocks", a, "lora_in." + site);
            String product = name + ".lora_by_block";
            graph.node(
                product,
                "FusedMatMul",
                GraphBuilder.MICROSOFT,
                List.of(input, blocks),
                List.of(product),
                Map.of("transB", 1, "alpha", 2f));
            String rows =
                graph.node(
                    name + ".lora_by_row",
                    "Transpose",
                    List.of(product),
                    Map.of("perm", new long[] {1, 0, 2}));
            graph.node(down, "Flatten", List.of(rows), Map.of());
            yield mask(site);
          }
        };
    return graph.node(name + ".lora_masked", "Mul", List.of(down, mask), Map.of());
  }
}
