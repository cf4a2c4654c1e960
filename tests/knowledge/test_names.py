"""Which metric names are read as which kind: names of real logs and of the loggers' code, and what
no alias may catch.
"""

from __future__ import annotations

import pytest

from lossreport.knowledge.loss_type import classify, folded_name, loss_types

NAMES = {
    "cross_entropy": "closs|c_loss|CELoss|CrossEntropyLoss|ce_loss|nll|nll_loss|mean_nll|lm "
    "loss|lm loss value|loss_ce_0|loss_ce_unscaled|closs_ind|xent|mtp_1 "
    "loss|loss_att|ce-mean-words|trl|tel|sparse_categorical_crossentropy",
    "weighted_cross_entropy": "weighted_ce_loss|weighted_cross_entropy|wce",
    "class_cross_entropy": "decode.loss_ce|aux.loss_ce|mlogloss|multi_logloss|cls_ce_loss",
    "label_smoothed_ce": "label_smoothing_loss|label_smoothed_nll_loss|label_smoothed_cross_entropy",
    "bce": "bce|bce_loss|bce_with_logits|binary_crossentropy|logloss|binary_logloss|1/binary_logloss|obj_loss|loss_objectness",
    "focal": "focal_loss|loss_focal|sigmoid_focal_loss",
    "l1": "loss_ct|l1_loss_action_9|mae|L1 Loss|VLA Train/L1 Loss|loss_ct_ind|mean_absolute_error",
    "mse": "mse|mse_loss|mean_squared_error|valid_0's l2",
    "huber": "huber_loss|smooth_l1_loss|loss_smooth_l1",
    "reconstruction": "cycle_A|idt_B|l_pix|l_g_percep|G_VGG|recon_loss|out_recon_loss|reconstruction_loss|rec_loss",
    "kl": "kl|kl_loss|kld_loss|approx_kl|objective/kl|ppo_kl|policy/approxkl_avg",
    "elbo": "elbo_loss|neg_elbo|vae_loss",
    "contrastive": "info_nce|nt_xent_loss|contrastive_loss|clip_loss|clip_val_loss|itc_loss",
    "siglip": "siglip_loss",
    "triplet": "triplet_loss",
    "ctc": "CTCLoss|loss_ctc|ctc_loss",
    "z_loss": "z_loss|z-loss|router_z_loss",
    "load_balancing": "load_balancing_loss|seq_load_balancing_loss|router_aux_loss|moe_aux_loss|lbl",
    "preference": "dpo_loss|kto_loss|ipo_loss|orpo_loss",
    "reward_model": "rm_loss|reward_model_loss",
    "policy": "act_loss|pg_loss|policy_loss|actor/pg_loss|loss/policy_avg|actor_loss",
    "value": "cri_loss|value_loss|vf_loss|critic/vf_loss|loss/value_avg",
    "explained_variance": "explained_variance",
    "clip_fraction": "clipfrac|policy/clipfrac_avg|clip_ratio/low_mean|clip_ratio/region_mean",
    "importance_ratio": "objective/ratio|sampling/importance_ratio",
    "diffusion": "eps_loss|diffusion_loss|denoising_loss",
    "flow_matching": "flow_matching_loss|fm_loss",
    "gan": "d_loss|g_loss|Discriminator Loss|Generator Loss|adv_loss|domain_classifier_loss|critic_loss"
    "|Loss/G/loss|Loss/scores/fake|Loss/r1_penalty|D_A|G_B|G_GAN|D_real|l_g_gan|l_d_fake",
    "image_quality": "psnr|ssim|test/psnr|PSNR_Y|ms_ssim",
    "image_distance": "fid|FID|fid50k_full|kid50k|lpips",
    "cls": "cls_loss|loss_cls|loss_classifier|loss_rpn_cls|d0.loss_cls|train/cls_om",
    "box": "loss_bbox|loss_giou_3|box_loss|train/box_loss|loss_bbox_unscaled|loss_box_reg|loss_rpn_loc|loss_rpn_box_reg|loss_iou",
    "dfl": "dfl_loss|train/dfl_om|loss_dfl",
    "dice": "dice_loss|loss_dice",
    "learning_rate": "lr|lr-AdamW|learning "
    "rate|learning_rates|lrs|lr/pg0|x/lr0|lr(PiecewiseDecay)|lr_0|learning_rate/backbone",
    "grad_norm": "grad_norm|grad norm|grad-norm|gnorm|norm|actor/grad_norm|optim/total_grad_norm",
    "listener": "LOSS TOK2VEC|LOSS TRANSFORMER|LOSS TRANS...",
    "loss_scale": "loss_scale|loss scale|grad_scale",
    "accuracy": "acc_action_5|acc_image_9|Acc@1|top5|rewards/accuracies|VLA Train/Action Token Accuracy|mIoU|success_rate|mean_token_accuracy"
    "|top_k_accuracy_5|recall(B)|rouge-1|ENTS_F|CATS_SCORE|DEP_UAS|NER P|bleu-detok|Accu|dice_coef|mean_fg_dice|dice_class_2|f1-score (micro avg)|f-score|cosine_spearman|pearson_cosine|cosine_ndcg@10|cosine_mrr@10",
    "error_rate": "class_error|class error|class_error_unscaled|wer|cer",
    "map": "mAP|mAP50|HBBmAP.5|OBBmAP.5:.95|APs|ARm|AR100|metrics/mAP50-95(B)|mAP_0.5:0.95|bbox/AP|bbox/APs|AP .5|AR (M)|coco_eval_bbox_0|test_coco_eval_bbox_3|best mAP",
    "perplexity": "perplexity|ppl|lm loss PPL|code_perplexity",
    "bits_per_byte": "bpb|bpc|bits_per_byte",
    "entropy": "entropy|policy_entropy|actor/entropy_loss",
    "implicit_reward": "rewards/margins|rewards/chosen|rewards/rejected",
    "reward": "average reward score|reward|critic/rewards/mean|episode_return",
    "throughput": "samples/sec|tok/s|train_samples_per_second|tokens_per_second_per_gpu|mfu|tps|wps",
    "time": "time|data|data_time|iter_time|s/it|VLA Train/Step Time|dt|elapsed time per iteration "
    "(ms)",
    "memory": "max mem|memory|gpu_mem|memory(GiB)",
    "counter": "n_parameters|epoch|step|global_step|num_tokens|eta_seconds|elapsed|train_runtime|VLA "
    "Train/Epoch|wall",
    "generic": "loss|total_loss|val_loss|loss_step|VLA Train/Loss|损失|cardinality_error_unscaled|reward_std|reward_loss|kl_coef"
    "|loss_mask|aux_loss|elbo|v_loss|noise_loss|flow_loss|sigmoid_loss|noise|value|ratio|scale|dice|gap|recap|ar_loss|KD Loss|heatmap_loss"
    "|number of nan iterations|logits/chosen|psnr_loss|ssim_loss|lpips_loss|out_d_real|completions/mean_length|never_seen",
}
"""From the logs this program is tried on and the code of their loggers; the last row is what no
alias may catch.
"""

ROWS = [(name, type_id) for type_id, row in NAMES.items() for name in row.split("|")]


@pytest.mark.parametrize(("name", "type_id"), ROWS)
def test_a_name_is_read_as_its_kind(name: str, type_id: str) -> None:
    assert classify(name).id == type_id


def test_every_kind_has_a_name_to_be_known_by() -> None:
    ids = {unit.id for unit in loss_types()}
    assert set(NAMES) <= ids
    assert ids - set(NAMES) == {"bits_per_token"}, "it is told by fairseq's columns, not by a name"


@pytest.mark.parametrize("name", [name for name, _ in ROWS])
def test_two_kinds_never_claim_a_name_with_the_same_order(name: str) -> None:
    folded = folded_name(name)
    last = folded.rsplit("/", 1)[-1]
    claims = [
        unit for unit in loss_types() if unit.names.fullmatch(folded) or unit.names.fullmatch(last)
    ]
    assert len({unit.order for unit in claims[:2]}) == len(claims[:2]), [unit.id for unit in claims]


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(ROWS) >= 150
