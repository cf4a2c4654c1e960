default_scope = 'mmdet'
test_dataloader = dict(batch_size=1, num_workers=2)
train_dataloader = dict(
    batch_size=8,
    dataset=dict(type='CocoDataset', data_root='data/coco/'),
    num_workers=2)
optim_wrapper = dict(
    optimizer=dict(lr=0.02, momentum=0.9, type='SGD', weight_decay=0.0001),
    type='OptimWrapper')
param_scheduler = [
    dict(begin=0, by_epoch=False, end=500, start_factor=0.001, type='LinearLR'),
    dict(begin=0, by_epoch=True, end=12, gamma=0.1, milestones=[8, 11], type='MultiStepLR'),
]
train_cfg = dict(max_epochs=12, type='EpochBasedTrainLoop', val_interval=1)
