package dev.whetstone.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.ort.OrtModel;
import dev.whetstone.onnx.CalibrationGraph;
import dev.whetstone.onnx.quantization.ActivationRanges;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.weights.DecoderDesign.NormPlacement;
import dev.whetstone.weights.ModelDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Measures the largest activations of the float32 graph on a few conversations. */
final class ActivationCalibration {
  private static final String CONVERSATIONS = "/calibration.jsonl";
  private static final int MAX_TOKENS = 512;

  private ActivationCalibration() {}

  /** Measures the ranges of a model. */
  static ActivationRanges measure(ExactGraph exact, ModelDirectory model) throws IOException {
    if (model.config().design().norms() == NormPlacement.AFTER) {
      // What is not normed has no range that a few conversations could show.
      return ActivationRanges.UNKNOWN;
    }
    Map<String, float[]> largest = new HashMap<>();
    Path graph = CalibrationGraph.write(exact.folder(), model.config());
    try (OrtModel runner = QuantizationKl.open(graph, maxTokens(model), true)) {
      for (int[] ids : conversations(model)) {
        float[] found = QuantizationKl.logits(runner, ids, new int[] {0})[0];
        CalibrationGraph.mergeMaxima(largest, found, model.config());
      }
    } finally {
      Files.delete(graph);
    }
    return new ActivationRanges(largest);
  }

  private static List<int[]> conversations(ModelDirectory model) throws IOException {
    Optional<ChatTemplate> template = ModelOpener.chatTemplate(model.path());
    List<int[]> conversations = new ArrayList<>();
    try (Tokenizer tokenizer = Tokenizer.open(model.path().resolve("tokenizer.json"))) {
      for (List<Message> messages : messages()) {
        int[] ids = tokenizer.encode(text(template, messages), template.isEmpty());
        conversations.add(Arrays.copyOf(ids, Math.min(ids.length, maxTokens(model))));
      }
    }
    return conversations;
  }

  private static int maxTokens(ModelDirectory model) {
    return Math.min(MAX_TOKENS, model.config().contextLength());
  }

  // Falls back to plain text, because a template may refuse our conversations (a system message).
  private static String text(Optional<ChatTemplate> template, List<Message> messages) {
    if (template.isPresent()) {
      try {
        return template.get().render(messages, false).text();
      } catch (TemplateException refused) {
        return plain(messages);
      }
    }
    return plain(messages);
  }

  private static String plain(List<Message> messages) {
    return String.join("\n\n", messages.stream().map(Message::content).toList());
  }

  private static List<List<Message>> messages() throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<List<Message>> all = new ArrayList<>();
    try (InputStream in = ActivationCalibration.class.getResourceAsStream(CONVERSATIONS)) {
      if (in == null) {
        throw new IllegalStateException(CONVERSATIONS + " is not in this build");
      }
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String line; (line = lines.readLine()) != null; ) {
        List<Message> messages = new ArrayList<>();
        for (JsonNode message : json.readTree(line).path("messages")) {
          messages.add(
              new Message(message.path("role").asText(), message.path("content").asText()));
        }
        all.add(messages);
      }
    }
    return all;
  }
}
