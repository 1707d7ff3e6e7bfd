package dev.whetstone.gateway.policies;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.state.GatewayState;
import dev.whetstone.gateway.state.ServedModel;
import dev.whetstone.lora.GgufLora;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.onnx.MergedModel;
import dev.whetstone.policy.Aliases;
import dev.whetstone.policy.ChangeContext;
import dev.whetstone.policy.Policy;
import dev.whetstone.policy.PolicyException;
import dev.whetstone.policy.PolicyStatus;
import dev.whetstone.policy.PolicyStore;
import dev.whetstone.policy.Provenance;
import dev.whetstone.serving.PolicyRouter;
import dev.whetstone.serving.ServingConfig;
import dev.whetstone.weights.ModelConfig;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.StreamingOutput;
import org.jboss.resteasy.reactive.multipart.FileUpload;
import org.jspecify.annotations.Nullable;

/** Imports adapters as versions; exports versions as PEFT files or merged models. */
@Singleton
final class AdapterService {
  /** The factors, the bytes to store, and the database driver's copy of these. */
  private static final int COPIES = 3;

  private final GatewayState serving;
  private final ServingConfig config;
  private final ObjectMapper mapper;

  @Inject
  AdapterService(GatewayState serving, ServingConfig config, ObjectMapper mapper) {
    this.serving = serving;
    this.config = config;
    this.mapper = mapper;
  }

  /** A version that was stored, or was there already, and the aliases. */
  record Imported(PolicyStore.Registration registration, Aliases aliases) {}

  /** A file to download. */
  record Download(String name, Object content) {}

  /**
   * Stores an uploaded adapter as a version, once.
   *
   * @param parent the version that its training started from
   * @throws ProblemException 400 or 413 when it is no adapter of the served base
   */
  Imported importAdapter(
      @Nullable FileUpload model,
      @Nullable FileUpload settings,
      @Nullable String parent,
      String actor) {
    PolicyRouter policies = serving.model().policies();
    PolicyStore store = policies.store();
    try (PeftUpload upload =
            PeftUpload.open(
                model, settings, policies.base().hash(), config.maxAdapterSize().asLongValue());
        PolicyRouter.Room _ = reserve(policies, upload.size())) {
      LoraAdapter adapter = upload.read(serving.model().directory());
      try {
        policies.validate(new Policy("the adapter", PeftFiles.hash(adapter), adapter));
      } catch (PolicyException.Refused refused) {
        throw PeftUpload.refused(String.valueOf(refused.getMessage()));
      }
      PolicyStore.Registration registration =
          store.register(
              adapter,
              new Provenance(parent, null, null),
              PolicyStatus.READY,
              new ChangeContext(actor, "import"));
      return new Imported(registration, store.database().statement(policies.aliases()::read));
    }
  }

  private static PolicyRouter.Room reserve(PolicyRouter policies, long bytes) {
    try {
      return policies.reserve("the adapter", COPIES * bytes);
    } catch (PolicyException.Refused large) {
      throw ProblemException.of(413, "body_too_large", String.valueOf(large.getMessage()));
    }
  }

  /** A version's adapter_model.safetensors. */
  Download tensors(String version) {
    LoraAdapter adapter = adapterOf(version);
    StreamingOutput file = out -> PeftFiles.write(adapter, out);
    return new Download("adapter_model.safetensors", file);
  }

  /** A version's adapter_config.json, with the base model's path and hash. */
  Download settings(String version) throws JsonProcessingException {
    ServedModel model = serving.model();
    // A path, for PEFT's AutoPeftModelForCausalLM to find the base by it.
    String folder = String.valueOf(model.directory().path());
    ObjectNode settings =
        (ObjectNode) mapper.readTree(PeftFiles.config(adapterOf(version), folder));
    settings.putNull("revision");
    settings.put(PeftUpload.BASE, model.base().hash());
    return new Download("adapter_config.json", settings.toPrettyString() + "\n");
  }

  /**
   * A version's adapter as GGUF, for llama.cpp's --lora.
   *
   * @throws ProblemException 400 for a model that GGUF stores with fused matrices
   */
  Download gguf(String version) {
    LoraAdapter adapter = adapterOf(version);
    ModelConfig config = serving.model().config();
    if (config.design().fused()) {
      throw ProblemException.of(
          400, "fused_model", "GGUF stores the matrices of this model fused: no adapter fits them");
    }
    StreamingOutput file = out -> GgufLora.write(adapter, config, out);
    return new Download(version + ".gguf", file);
  }

  /** A version as an ONNX model with its adapter merged in, and its external data, as a zip. */
  Download merged(String version) {
    ServedModel model = serving.model();
    Policy policy = model.policy(version);
    long copies = policy.adapter() == null ? 0 : 2 * policy.adapter().bytes();
    StreamingOutput zip =
        out -> {
          // the values as the graph has them, and those of one input as bytes
          try (PolicyRouter.Room _ = model.policies().reserve(policy.version(), copies)) {
            new MergedModel(model.graph(), model.adapterInputs().apply(policy)).writeZip(out);
          }
        };
    return new Download(policy.version() + ".zip", zip);
  }

  private LoraAdapter adapterOf(String name) {
    Policy policy = serving.model().policy(name);
    if (policy.adapter() == null) {
      throw ProblemException.of(
          404, "no_adapter", policy.version() + " is the base model and has no adapter");
    }
    return policy.adapter();
  }
}
