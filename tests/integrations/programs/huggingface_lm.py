import data
import torch
from transformers import (
    EarlyStoppingCallback,
    LlamaConfig,
    LlamaForCausalLM,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from lossreport.integrations.huggingface import callback


class End(TrainerCallback):
    def on_epoch_end(self, args, state, control, **kwargs):
        if round(state.epoch) == data.STOP_AT:
            data.maybe_end()


torch.manual_seed(0)
config = LlamaConfig(
    vocab_size=128,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=1,
    num_attention_heads=2,
    max_position_embeddings=64,
)
tokens = (torch.arange(32)[None] * torch.arange(1, 65)[:, None]) % 32
rows = [{"input_ids": row, "labels": row} for row in tokens]
arguments = TrainingArguments(
    output_dir=data.folder, num_train_epochs=12, per_device_train_batch_size=8, logging_steps=2, eval_strategy="epoch", save_strategy="no",
    learning_rate=3e-3, report_to="none", disable_tqdm=True, use_cpu=True, metric_for_best_model="eval_loss", greater_is_better=False, hub_token="hf_" + "aB3" * 12,
)  # fmt: skip
early = [EarlyStoppingCallback(2, 1000.0)] if data.mode == "early" else []
Trainer(
    LlamaForCausalLM(config),
    arguments,
    train_dataset=rows[:48],
    eval_dataset=rows[48:],
    callbacks=[callback(timeout=data.TIMEOUT), End(), *early],
).train()
