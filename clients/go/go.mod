module huaweicloud-lts/smoke

go 1.21
