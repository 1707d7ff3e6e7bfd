import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.engine.ort.OrtSettings;
import dev.whetstone.engine.runner.Batch;
import dev.whetstone.models.ModelImporter;
import dev.whetstone.onnx.OnnxExport;
import dev.whetstone.onnx.Precision;
import dev.whetstone.policy.Policy;
import dev.whetstone.weights.ModelDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Reads a line of JSON for each GGUF file, with completions; imports it in float32 and writes the
 * most probable token at each place and the log-probs of those that are there; see llama-files.
 */
final class ScoreCompletions {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SLOT = 256;

  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      JsonNode file = JSON.readTree(line);
      try (OrtModel model = imported(Path.of(file.path("file").asText()))) {
        ArrayNode scores = JSON.createArrayNode();
        for (JsonNode row : file.path("rows")) {
          scores.add(score(model, row));
        }
        System.out.println(scores);
      }
    }
  }

  /** Imports into a folder beside the file. */
  private static OrtModel imported(Path file) throws IOException {
    Path folder = Files.createDirectory(file.resolveSibling(file.getFileName() + ".imported"));
    ModelImporter importer = new ModelImporter(System.err::println);
    importer.importModel(file, "llama-files", "none", folder);
    ModelDirectory directory = ModelDirectory.open(folder);
    importer.export(directory, Precision.FP32);
    Path graph = folder.resolve(OnnxExport.files(Precision.FP32).getLast());
    return OrtModel.open(new OrtSettings(graph, null, 1, SLOT, 2, OptionalInt.empty(), false));
  }

  private static ObjectNode score(OrtModel model, JsonNode row) {
    int[] prompt = ids(row.path("prompt"));
    int[] completion = ids(row.path("completion"));
    int last = prompt.length + completion.length - 1;
    int[] all = IntStream.concat(IntStream.of(prompt), IntStream.of(completion)).toArray();
    int[] rows = IntStream.range(prompt.length - 1, last).toArray();
    FloatBuffer logits =
        model.run(
            new Batch.Prefill(
                0, 0, IntStream.of(all).limit(last).toArray(), new Policy("v0", "", null), rows));
    ObjectNode result = JSON.createObjectNode();
    ArrayNode greedy = result.putArray("greedy");
    ArrayNode logps = result.putArray("logps");
    float[] scores = new float[model.vocabularySize()];
    for (int i = 0; i < completion.length; i++) {
      logits.get(i * scores.length, scores);
      int best = 0;
      double sum = 0;
      for (int token = 0; token < scores.length; token++) {
        best = scores[token] > scores[best] ? token : best;
      }
      for (float score : scores) {
        sum += Math.exp(score - scores[best]);
      }
      greedy.add(best);
      logps.add(scores[completion[i]] - scores[best] - Math.log(sum));
    }
    return result;
  }

  private static int[] ids(JsonNode array) {
    return IntStream.range(0, array.size()).map(i -> array.path(i).asInt()).toArray();
  }
}
