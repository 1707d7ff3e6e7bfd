package dev.whetstone.dpo.config;

import static dev.whetstone.settings.Checks.require;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.whetstone.dpo.loss.LossType;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.settings.JsonSettings;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the fields of TRL's DPOConfig (1.16), Transformers' TrainingArguments (5.24 and the last of
 * 4) and PEFT's LoraConfig (0.21) are here. Fields that have the same name and meaning on both
 * sides, such as beta, need no entry. An absent field keeps our default, which may differ from
 * theirs.
 */
final class TrlNames {
  /**
   * A field that sets the same as one of ours.
   *
   * @param value turns its value into ours
   */
  private record Alias(String theirs, String ours, UnaryOperator<JsonNode> value) {
    Alias(String theirs, String ours) {
      this(theirs, ours, UnaryOperator.identity());
    }
  }

  private static final String ACCUMULATION = "gradient_accumulation_steps";
  private static final String BATCH = "per_device_train_batch_size";

  private static final List<Alias> RENAMED =
      List.of(
          new Alias("lr_scheduler_type", "lr_scheduler", TrlNames::scheduler),
          new Alias("warmup_ratio", "warmup_steps", TrlNames::ratio),
          new Alias("max_steps", "steps"),
          new Alias("num_train_epochs", "epochs"),
          new Alias(BATCH, "batch_size"),
          new Alias("train_sampling_strategy", "shuffle", TrlNames::shuffle),
          new Alias("bf16", "base_dtype", TrlNames::dtype),
          new Alias("r", "lora_rank"),
          new Alias("f_alpha_divergence_coef", "f_alpha"),
          new Alias("use_weighting", "use_wpo"));

  /** Fields that together with others make up one of ours. */
  private static final List<Alias> COMBINED =
      List.of(
          new Alias("adam_beta1", "adam_betas"),
          new Alias("adam_beta2", "adam_betas"),
          new Alias(ACCUMULATION, "batch_size"));

  /**
   * Fields that would change what is learned, each with the only values that do not: those that say
   * what is done here anyway. Null, which is the same as absent, is always one. A line of the table
   * has the values and a colon, if there are any, then the fields.
   */
  private static final Map<String, Set<String>> FIXED =
      fixed(
          """
          adamw_torch adamw_torch_fused: optim
          0.0: label_smoothing_factor eval_delay router_aux_loss_coef lora_dropout
          false: fp16 tf32 bf16_full_eval fp16_full_eval auto_find_batch_size dataloader_drop_last
          false: group_by_length ignore_data_skip load_best_model_at_end force_use_ref_model
          false: sync_ref_model is_encoder_decoder lora_bias fan_in_fan_out use_rslora use_dora
          false: use_qalora
          no steps: eval_strategy evaluation_strategy
          true: disable_dropout init_lora_weights
          keep_start: truncation_mode
          LORA: peft_type
          CAUSAL_LM: task_type
          none: bias
          optim_args optim_target_modules lr_scheduler_kwargs neftune_noise_alpha data_seed
          resume_from_checkpoint metric_for_best_model greater_is_better accelerator_config
          parallelism_config deepspeed fsdp fsdp_config model_init_kwargs ref_model_init_kwargs
          model_adapter_name ref_adapter_name max_prompt_length max_completion_length
          max_target_length rpo_alpha exclude_modules modules_to_save target_parameters
          trainable_token_indices layers_to_transform layers_pattern layer_replication
          rank_pattern alpha_pattern megatron_config loftq_config eva_config corda_config
          lora_ga_config velora_config alora_invocation_tokens monteclora_config use_bdlora
          arrow_config kasa_config
          """);

  /** Fields about logs, files, speed and memory, which we do in our own way. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.copyOf(
          words(
              """
          precompute_ref_log_probs precompute_ref_batch_size ref_model_mixup_alpha
          ref_model_sync_steps padding_free pad_to_multiple_of padding_value pad_token
          label_pad_token_id dataset_num_proc activation_offloading trust_remote_code
          generate_during_eval use_logits_to_keep use_liger_loss
          output_dir overwrite_output_dir logging_dir logging_strategy logging_steps
          logging_first_step logging_nan_inf_filter log_on_each_node log_level log_level_replica
          include_num_input_tokens_seen disable_tqdm report_to run_name project trackio_space_id
          trackio_bucket_id trackio_static_space_id save_only_model save_strategy save_steps
          save_on_each_node save_total_limit save_safetensors enable_jit_checkpoint
          restore_callback_states_from_checkpoint push_to_hub hub_token hub_private_repo
          hub_model_id hub_strategy hub_always_push hub_revision per_device_eval_batch_size
          prediction_loss_only eval_on_start eval_do_concat_batches eval_use_gather_object
          eval_accumulation_steps include_for_metrics batch_eval_metrics label_names
          remove_unused_columns length_column_name dataloader_num_workers dataloader_pin_memory
          dataloader_persistent_workers dataloader_prefetch_factor
          dataloader_multiprocessing_context dataloader_in_order ddp_find_unused_parameters
          ddp_bucket_cap_mb ddp_broadcast_buffers ddp_static_graph ddp_backend ddp_timeout
          average_tokens_across_devices local_rank debug skip_memory_metrics do_train do_eval
          do_predict use_cpu no_cuda full_determinism use_cache torch_empty_cache_steps
          torch_compile torch_compile_backend torch_compile_mode use_liger_kernel
          liger_kernel_config gradient_checkpointing gradient_checkpointing_kwargs
          activation_checkpointing activation_checkpointing_kwargs
          base_model_name_or_path revision inference_mode auto_mapping peft_version
          megatron_core qalora_group_size runtime_config ensure_weight_tying
          """));

  private TrlNames() {}

  /** All of their names that {@link #translate} knows. */
  static Set<String> all() {
    Set<String> all = new TreeSet<>(FIXED.keySet());
    all.addAll(WITHOUT_EFFECT);
    RENAMED.forEach(alias -> all.add(alias.theirs()));
    COMBINED.forEach(alias -> all.add(alias.theirs()));
    return all;
  }

  /**
   * The settings by our names alone; names that are neither side's are left as they are.
   *
   * @param defaults of what the settings leave out
   * @throws IllegalArgumentException naming the fields when a setting is given under two names, or
   *     when a field asks for training that is not supported
   */
  static JsonNode translate(JsonNode given, TrainConfig defaults) {
    if (!(given instanceof ObjectNode object)) {
      return given;
    }
    JsonSettings theirs = new JsonSettings(object);
    RENAMED.forEach(alias -> requireOne(theirs, alias.ours(), alias.theirs()));
    COMBINED.forEach(alias -> requireOne(theirs, alias.ours(), alias.theirs()));
    FIXED.forEach((name, values) -> requireFixed(name, object.path(name), values));
    require(
        !object.path("max_length").isNull(), "max_length = null is not supported: give a number");
    ObjectNode ours = object.deepCopy();
    ours.remove(all());
    for (Alias alias : RENAMED) {
      if (theirs.has(alias.theirs())) {
        ours.set(alias.ours(), alias.value().apply(object.get(alias.theirs())));
      }
    }
    decideLength(theirs, ours);
    decideWarmup(object, ours);
    combineBetas(theirs, ours, defaults.optimizer());
    combineBatch(theirs, ours);
    return ours;
  }

  /**
   * Refuses gradient accumulation for losses that TRL computes over each micro-batch by itself,
   * where we compute them over all pairs of an update. (Of other losses, TRL's mean differs only in
   * the last update of an epoch, when its micro-batches differ in size.)
   *
   * @throws IllegalArgumentException naming the loss
   */
  static void requireSameBatch(JsonNode given, TrainConfig config) {
    if (given.path(ACCUMULATION).asInt(1) == 1) {
      return;
    }
    Set<LossType> types = Set.of(LossType.AOT, LossType.AOT_UNPAIRED, LossType.SFT);
    Stream<String> ofPairs =
        config.loss().mix().stream()
            .filter(loss -> types.contains(loss.type()))
            .map(loss -> EnumNames.of(loss.type()));
    // Where pairs have a loss, that of ratings is one that TRL has not beside it.
    Stream<String> ofRatings =
        config.loss().mix().isEmpty() && config.loss().unpaired().needsReferencePoint()
            ? Stream.of(EnumNames.of(config.loss().unpaired().type()))
            : Stream.of();
    String losses = Stream.concat(ofPairs, ofRatings).collect(Collectors.joining(", "));
    require(
        losses.isEmpty(),
        "%s is not supported with the loss %s, which TRL takes over each micro-batch: give %s alone"
            .formatted(ACCUMULATION, losses, BATCH));
  }

  private static void requireOne(JsonSettings theirs, String first, String second) {
    require(
        !theirs.has(first) || !theirs.has(second),
        "%s and %s set the same thing: give one of them".formatted(first, second));
  }

  private static void requireFixed(String name, JsonNode value, Set<String> values) {
    boolean absent =
        value.isMissingNode() || value.isNull() || (value.isContainerNode() && value.isEmpty());
    String text = value.isNumber() ? Double.toString(value.asDouble()) : value.asText();
    require(
        absent || (value.isValueNode() && values.contains(text)),
        "%s = %s is not supported and would change what is learned: leave it out%s"
            .formatted(name, value, values.isEmpty() ? "" : " or give " + either(values)));
  }

  private static String either(Set<String> values) {
    return values.stream()
        .map(value -> value.replace(".0", ""))
        .collect(Collectors.joining(" or "));
  }

  private static JsonNode scheduler(JsonNode name) {
    return name.asText().equals("constant_with_warmup") ? TextNode.valueOf("constant") : name;
  }

  private static JsonNode ratio(JsonNode ratio) {
    require(
        ratio.isNumber() && ratio.asDouble() >= 0 && ratio.asDouble() < 1,
        "warmup_ratio must be in [0, 1)");
    return ratio;
  }

  private static JsonNode shuffle(JsonNode strategy) {
    boolean random = strategy.asText().equals("random");
    require(
        random || strategy.asText().equals("sequential"),
        "train_sampling_strategy = %s is none of random, sequential".formatted(strategy.asText()));
    return BooleanNode.valueOf(random);
  }

  private static JsonNode dtype(JsonNode bf16) {
    require(
        bf16.isBoolean() && !bf16.asBoolean(),
        "bf16 = %s is not supported: TRL rounds more than we do; base_dtype = bfloat16 is near"
            .formatted(bf16));
    return TextNode.valueOf(EnumNames.of(ComputeDtype.FLOAT32));
  }

  /** Transformers' max_steps overrides num_train_epochs, and is off below zero. */
  private static void decideLength(JsonSettings theirs, ObjectNode ours) {
    if (!theirs.has("max_steps")) {
      return;
    }
    if (theirs.integer("max_steps", 0) < 0) {
      ours.remove("steps");
    } else if (theirs.has("num_train_epochs")) {
      ours.remove("epochs");
    }
  }

  /** Transformers' constant, unlike ours, has no warm-up. */
  private static void decideWarmup(ObjectNode theirs, ObjectNode ours) {
    if (theirs.path("lr_scheduler_type").asText().equals("constant")) {
      require(
          ours.path("warmup_steps").asDouble() == 0,
          "lr_scheduler_type = constant has no warm-up: give constant_with_warmup");
      ours.put("warmup_steps", 0);
    }
  }

  private static void combineBetas(JsonSettings theirs, ObjectNode ours, OptimizerConfig defaults) {
    if (theirs.has("adam_beta1") || theirs.has("adam_beta2")) {
      ours.putArray("adam_betas")
          .add(theirs.decimal("adam_beta1", defaults.beta1()))
          .add(theirs.decimal("adam_beta2", defaults.beta2()));
    }
  }

  private static void combineBatch(JsonSettings theirs, ObjectNode ours) {
    int accumulated = theirs.integer(ACCUMULATION, 1);
    require(accumulated >= 1, ACCUMULATION + " must be positive");
    if (accumulated > 1) {
      require(theirs.has(BATCH), "%s needs %s".formatted(ACCUMULATION, BATCH));
      long pairs = (long) theirs.integer(BATCH, 0) * accumulated;
      ours.put("batch_size", (int) Math.min(pairs, Integer.MAX_VALUE));
    }
  }

  private static Map<String, Set<String>> fixed(String table) {
    Map<String, Set<String>> fixed = new TreeMap<>();
    for (String line : table.lines().toList()) {
      int colon = line.indexOf(':');
      Set<String> values = new TreeSet<>(words(line.substring(0, Math.max(0, colon))));
      words(line.substring(colon + 1)).forEach(name -> fixed.put(name, values));
    }
    return fixed;
  }

  private static List<String> words(String text) {
    return text.isBlank() ? List.of() : List.of(text.strip().split("\\s+"));
  }
}
