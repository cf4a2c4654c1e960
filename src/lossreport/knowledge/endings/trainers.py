"""What a training framework refuses: arguments, adapters, precision, names of metrics."""

from __future__ import annotations

from lossreport.knowledge.ending import Ending, Endings, words
from lossreport.text import Text

ENDINGS = Endings(
    id="trainers",
    order=32,
    endings=(
        Ending(
            id="no_padding_token",
            pattern=words(
                r"Asking to pad but the tokenizer does not have a padding token|"
                r"Cannot handle batch sizes > 1 if no padding token is defined"
            ),
            title=Text(
                zh="tokenizer 没有 padding token",
                en="The tokenizer has no padding token",
            ),
            means=Text(
                zh="GPT 类模型的 tokenizer 不带 padding token，而一个 batch 要补齐。",
                en="Tokenizers of GPT-like models come without one, and a batch must be padded.",
            ),
            do=Text(
                zh="把 eos 设为 padding token，并让模型知道它的编号。",
                en="Take eos as the padding token, and tell the model its id.",
            ),
            reference="Hugging Face transformers documentation: Padding and truncation",
            codes=((r"", "tokenizer.pad_token = tokenizer.eos_token"),),
            is_own=True,
        ),
        Ending(
            id="quantised_without_adapters",
            pattern=words(
                r"cannot (?:perform )?fine-?tun\w* (?:on )?purely quantized models|"
                r"can't train a model that has been loaded in [48]-bit|"
                r"You cannot fine-tune quantized model"
            ),
            title=Text(
                zh="量化的模型不能直接训练",
                en="A quantised model cannot be trained as it is",
            ),
            means=Text(
                zh="4 bit 或 8 bit 的权重没有梯度；训练的是加在上面的 adapter（LoRA）。",
                en="Weights of 4 or 8 bits take no gradient; what is trained are adapters on "
                "top of them (LoRA).",
            ),
            do=Text(
                zh="先 prepare_model_for_kbit_training，再用 PEFT 加上 LoRA。",
                en="Call prepare_model_for_kbit_training, then add LoRA by PEFT.",
            ),
            reference="Hugging Face PEFT documentation: Quantization",
            codes=((r"", "get_peft_model(prepare_model_for_kbit_training(model), LoraConfig())"),),
            is_own=True,
        ),
        Ending(
            id="adapter_targets",
            pattern=words(
                r"Target modules .{1,200} not found in the base model|"
                r"No modules were targeted for adaptation"
            ),
            title=Text(
                zh="LoRA 的目标模块名在模型里不存在",
                en="The target modules of LoRA do not exist in this model",
            ),
            means=Text(
                zh="模块名因模型而异（q_proj、query_key_value、c_attn…）。",
                en="Their names differ from model to model (q_proj, query_key_value, c_attn ...).",
            ),
            do=Text(
                zh="打印模型，按它的线性层名字填写 target_modules，或用 all-linear。",
                en="Print the model and name its linear layers in target_modules, or use "
                "all-linear.",
            ),
            reference="Hugging Face PEFT documentation: LoRA, target_modules",
            codes=((r"", "LoraConfig(target_modules='all-linear')"),),
            is_own=True,
        ),
        Ending(
            id="unscale_half",
            pattern=words(r"Attempting to unscale FP16 gradients"),
            title=Text(
                zh="可训练的参数是 fp16，混合精度不能用",
                en="The trainable parameters are in fp16, which mixed precision does not take",
            ),
            means=Text(
                zh="fp16=True 要求参数是 float32，由 autocast 在计算"
                "时转换；模型却是以 float16 载入的。",
                en="fp16=True wants parameters in float32, which autocast converts as it "
                "computes; this model was loaded in float16.",
            ),
            do=Text(
                zh="以 float32 载入（或只把可训练的参数转成 float32），或改用 bf16。",
                en="Load the model in float32 (or turn what is trained into float32), or use bf16.",
            ),
            reference="huggingface/peft #341: ValueError: Attempting to unscale FP16 gradients",
            codes=(
                (r"hf_|trl|transformers|peft", "--bf16 true --fp16 false"),
                (r"", "model = model.float()"),
            ),
            is_own=True,
        ),
        Ending(
            id="no_inf_checks",
            pattern=words(r"No inf checks were recorded for this optimizer"),
            title=Text(
                zh="优化器的参数一个梯度都没有",
                en="No parameter of the optimiser has a gradient",
            ),
            means=Text(
                zh="GradScaler 在 step 时没有看到任何梯度：loss 与这些参数"
                "无关、全部冻结，或 backward 没有用缩放后的 loss。",
                en="At this step the GradScaler saw no gradient at all: the loss does not "
                "depend on these parameters, all are frozen, or backward was not called on "
                "the scaled loss.",
            ),
            do=Text(
                zh="确认 scaler.scale(loss).backward() 在 ste"
                "p 之前，且优化器拿到的就是要训练的参数。",
                en="Make sure that scaler.scale(loss).backward() comes before the step, and "
                "that the optimiser was given what is trained.",
            ),
            reference="PyTorch documentation: Automatic Mixed Precision examples",
            is_own=True,
        ),
        Ending(
            id="no_loss_returned",
            pattern=words(
                r"The model did not return a loss from the inputs|model did not return a loss"
            ),
            title=Text(
                zh="模型没有返回 loss：输入里没有标签",
                en="The model returned no loss: there are no labels among its inputs",
            ),
            means=Text(
                zh="transformers 的模型只有收到 labels 才算 loss；数据"
                "里的列叫别的名字，或被丢掉了。",
                en="A model of transformers computes a loss only where it is given labels; the "
                "column has another name, or was dropped.",
            ),
            do=Text(
                zh="把标签列改名为 labels（语言模型用会造标签的 collator），并检"
                "查 remove_unused_columns。",
                en="Rename the column to labels (a language model takes a collator that makes "
                "them), and look at remove_unused_columns.",
            ),
            reference="Hugging Face transformers documentation: Trainer",
            codes=((r"", "dataset = dataset.rename_column('label', 'labels')"),),
            is_own=True,
        ),
        Ending(
            id="no_columns_left",
            pattern=words(r"No columns in the dataset match the model's forward method"),
            title=Text(
                zh="数据集里没有模型认得的列",
                en="No column of the data set is one that the model takes",
            ),
            means=Text(
                zh="Trainer 会丢掉 forward 不认得的列，丢完什么也没剩：数据还没有 tokenize。",
                en="The Trainer drops the columns that forward does not know, and none was "
                "left: the data were not tokenised.",
            ),
            do=Text(
                zh="先 map tokenizer，自定义的列则设 remove_unused_columns=False。",
                en="Map the tokenizer over the data first; for columns of your own set "
                "remove_unused_columns=False.",
            ),
            reference="transformers documentation: TrainingArguments, remove_unused_columns",
            codes=((r"", "TrainingArguments(..., remove_unused_columns=False)"),),
            is_own=True,
        ),
        Ending(
            id="metric_not_logged",
            pattern=words(
                r"could not find the monitored key|"
                r"conditioned on metric .{1,80} which is not available|"
                r"The `?metric_for_best_model`? training argument is set to|KeyError: .eval_|"
                r"requires the save and eval(?:uation)? strategy to match"
            ),
            title=Text(
                zh="用来选 checkpoint 或早停的指标没有被记录",
                en="The metric that chooses checkpoints, or stops early, is not logged",
            ),
            means=Text(
                zh="monitor 或 metric_for_best_model 的名字与记录的名字不一样，或那一步没有验证。",
                en="The name in monitor or metric_for_best_model is not the one that is "
                "logged, or that step has no evaluation.",
            ),
            do=Text(
                zh="从日志里抄下指标的全名，并让保存与验证的间隔一致。",
                en="Copy the full name from the log, and save as often as you evaluate.",
            ),
            reference="transformers documentation: TrainingArguments, metric_for_best_model",
            codes=(
                (r"lightning", "self.log('val_loss', loss, on_epoch=True)"),
                (
                    r"hf_|trl|transformers",
                    "--eval_strategy steps --save_strategy steps --metric_for_best_model eval_loss",
                ),
            ),
            is_own=True,
        ),
        Ending(
            id="attention_kernel",
            pattern=words(r"FlashAttention only supports?|FlashAttention-?2? only supports?"),
            title=Text(
                zh="FlashAttention 不支持这张卡或这种数值类型",
                en="FlashAttention supports neither this card nor this number type",
            ),
            means=Text(
                zh="FlashAttention 2 要 Ampere 或更新的 GPU，且只算 fp16 与 bf16。",
                en="FlashAttention 2 needs a GPU of Ampere or newer, and computes in fp16 and "
                "bf16 alone.",
            ),
            do=Text(
                zh="以 bf16 载入模型；旧卡改用 sdpa。",
                en="Load the model in bf16; on an older card use sdpa.",
            ),
            reference="Hugging Face transformers documentation: Attention backends",
            codes=((r"", "AutoModel.from_pretrained(name, attn_implementation='sdpa')"),),
            is_own=True,
        ),
        Ending(
            id="meta_tensor",
            pattern=words(r"Cannot copy out of meta tensor"),
            title=Text(
                zh="权重还在 meta 设备上，没有载入",
                en="The weights are still on the meta device: they were not loaded",
            ),
            means=Text(
                zh="device_map 或 low_cpu_mem_usage 只搭了空壳，之"
                "后又整体 .to(device)；ZeRO-3 之下也会这样。",
                en="device_map or low_cpu_mem_usage made an empty shell, and then the whole "
                "was moved by .to(device); ZeRO-3 does it too.",
            ),
            do=Text(
                zh="训练时不要用 device_map，也不要再 .to(device)，由 accelerate 或 Trainer 摆放。",
                en="Leave device_map and .to(device) out while training; accelerate or the "
                "Trainer places the model.",
            ),
            reference="Hugging Face accelerate documentation: Big Model Inference",
            is_own=True,
        ),
        Ending(
            id="gym_api",
            pattern=words(
                r"too many values to unpack \(expected [14]\)|"
                r"not enough values to unpack \(expected 5, got 4\)|"
                r"reset\(\) got an unexpected keyword argument 'seed'"
            ),
            title=Text(
                zh="环境用的是旧的 gym 接口",
                en="The environment speaks the old interface of gym",
            ),
            means=Text(
                zh="gymnasium 的 step 返回五个值（terminated 与 tr"
                "uncated 分开），reset 返回两个；旧的 gym 是四个和一个。若"
                "与环境无关，就是这一行的返回值个数变了。",
                en="In gymnasium step returns five values (terminated apart from truncated) "
                "and reset two; the old gym returned four and one. Where no environment is "
                "at hand, what this line unpacks has another length.",
            ),
            do=Text(
                zh="升级环境，或用 shimmy 包一层；自己的代码按新的返回值改。",
                en="Upgrade the environment or wrap it with shimmy; unpack the new values in "
                "code of your own.",
            ),
            reference="Gymnasium documentation: Migration Guide, v0.21 to v1.0.0",
            codes=((r"", "obs, reward, terminated, truncated, info = env.step(action)"),),
            is_own=True,
        ),
        Ending(
            id="numpy_alias",
            pattern=words(
                r"module 'numpy' has no attribute '(?:int|float|bool|object|complex|str)'|"
                r"np\.(?:int|float|bool|object)`? was a deprecated alias"
            ),
            title=Text(
                zh="代码用了 NumPy 已经去掉的类型名",
                en="The code uses names of types that NumPy has dropped",
            ),
            means=Text(
                zh="NumPy 1.24 去掉了 np.int、np.float、np.bool。",
                en="NumPy 1.24 removed np.int, np.float and np.bool.",
            ),
            do=Text(
                zh="改成 int、float、bool，或固定 numpy<1.24。",
                en="Write int, float and bool, or pin numpy<1.24.",
            ),
            reference="NumPy 1.24.0 Release Notes: Expired deprecations",
            codes=((r"", "pip install 'numpy<1.24'"),),
            is_own=True,
        ),
    ),
)
