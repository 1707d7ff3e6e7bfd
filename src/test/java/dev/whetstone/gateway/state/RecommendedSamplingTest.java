package dev.whetstone.gateway.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecommendedSamplingTest {
  @Test
  void readsWhatGenerationConfigRecommends() throws Exception {
    RecommendedSampling read =
        read(
            """
            {"do_sample": true, "temperature": 0.7, "top_p": 0.8, "top_k": 20, "min_p": 0.05,
             "repetition_penalty": 1.1, "eos_token_id": [1, 2]}
            """);

    assertThat(read)
        .isEqualTo(
            new RecommendedSampling(
                Optional.of(0.7),
                Optional.of(0.8),
                Optional.of(20),
                Optional.of(0.05),
                Optional.of(1.1)));
  }

  @Test
  void noSamplingMeansTheMostProbableToken() throws Exception {
    assertThat(read("{\"do_sample\": false, \"temperature\": 0.7}").temperature()).contains(0.0);
  }

  @Test
  void aTopKOfMinusOneKeepsAllTokens() throws Exception {
    assertThat(read("{\"top_k\": -1}").topK()).contains(0);
  }

  @Test
  void valuesNoSamplerTakesAreLeftOut() throws Exception {
    RecommendedSampling read =
        read("{\"temperature\": -1, \"top_p\": 0, \"top_k\": 2.5, \"repetition_penalty\": \"a\"}");

    assertThat(read).isEqualTo(read("{\"temperature\": null}"));
    assertThat(read.temperature()).isEmpty();
  }

  @Test
  void theModelsOwnFileComesBeforeTheCatalogue() throws Exception {
    RecommendedSampling both = read("{\"top_p\": 0.5}").or(read("{\"top_p\": 0.9, \"top_k\": 4}"));

    assertThat(both.topP()).contains(0.5);
    assertThat(both.topK()).contains(4);
  }

  private static RecommendedSampling read(String json) throws JsonProcessingException {
    return RecommendedSampling.of(new ObjectMapper().readTree(json), "a test");
  }
}
